import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deliverableShape, resizeTo } from '../../../src/media/picture/shape.js';

const side = fc.integer({ min: 64, max: 4096 });
const term = fc.integer({ min: 1, max: 400 });
const sources = fc.record({
  width: side,
  height: side,
  sampleAspectRatio: fc.record({ num: term, den: term }).filter(({ num, den }) => num / den > 0.25 && num / den < 4),
});
const evenSide = fc.integer({ min: 32, max: 2048 }).map((half) => 2 * half);
const targets = fc.option(
  fc.oneof(fc.record({ height: evenSide }), fc.record({ width: evenSide, height: evenSide })),
  { nil: undefined },
);
const scales = fc.constantFrom(1, 2, 3, 4);

it('a result has even sides, the size that was asked for, and the shape of its source on the screen', () => {
  fc.assert(
    fc.property(sources, scales, targets, fc.boolean(), (source, scale, target, squarePixels) => {
      const wishes = { ...(target && { target }), squarePixels };
      const { width, height, sampleAspectRatio: pixel } = deliverableShape(source, scale, wishes);
      expect([width % 2, height % 2, width > 0 && height > 0]).toEqual([0, 0, true]);
      if (squarePixels) expect(pixel.num).toBe(pixel.den);
      const wanted = target as { width?: number; height?: number } | undefined;
      if (wanted?.width !== undefined) {
        expect(width <= wanted.width && height <= (wanted.height as number)).toBe(true);
        expect(width === wanted.width || height === wanted.height).toBe(true);
        if (!squarePixels) expect([width, height]).toEqual([wanted.width, wanted.height]);
      } else if (wanted) expect(height).toBe(wanted.height);
      else expect(width >= source.width * scale && height >= source.height * scale).toBe(true);
      // Nothing is narrower than two pixels, whatever the shape.
      if (width === 2 || height === 2) return;
      // A side is rounded by a pixel at most, and that is all by which the shape differs.
      const shown = (pixel.num / pixel.den) * (width / height);
      const expected = (source.sampleAspectRatio.num / source.sampleAspectRatio.den) * (source.width / source.height);
      const off = shown / expected;
      const most = (width / (width - 1)) * ((height + 1) / height);
      const least = (width / (width + 1)) * ((height - 1) / height);
      expect(off < most * 1.0001 && off > least / 1.0001).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('pictures are resized only where the shape asks for another size than the network gives', () => {
  fc.assert(
    fc.property(sources, scales, targets, fc.boolean(), (source, scale, target, squarePixels) => {
      const shape = deliverableShape(source, scale, { ...(target && { target }), squarePixels });
      const even = (length: number): number => 2 * Math.ceil(length / 2);
      const usual = shape.width === even(source.width * scale) && shape.height === even(source.height * scale);
      const size = { width: shape.width, height: shape.height };
      expect(resizeTo(shape, source, scale)).toEqual(usual ? undefined : size);
    }),
    { numRuns: 200 },
  );
});
