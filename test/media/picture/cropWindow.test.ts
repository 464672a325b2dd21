import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceInfo } from '../../../src/job/source.js';
import { UserError } from '../../../src/lib/errors.js';
import { checkCrop, chromaStep } from '../../../src/media/picture/crop.js';
import { centredWindow, scaled, type Window, withContext } from '../../../src/media/picture/cropWindow.js';

const side = fc.integer({ min: 1, max: 4000 });
const size = fc.record({ width: side, height: side });
const step = fc.constantFrom(1, 2, 4, 16);
const inside = ({ x, y, width, height }: Window, picture: { width: number; height: number }): boolean =>
  x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= picture.width && y + height <= picture.height;

/** A picture and a window within it. */
const windows = fc.tuple(size, fc.nat(), fc.nat(), fc.nat(), fc.nat()).map(([picture, a, b, c, d]) => {
  const [x, y] = [a % picture.width, b % picture.height];
  return { picture, window: { x, y, width: 1 + (c % (picture.width - x)), height: 1 + (d % (picture.height - y)) } };
});

describe('a window in the middle', () => {
  it('is as large as asked or as the picture, inside, on the step, and at most a step beside the middle', () => {
    fc.assert(
      fc.property(size, size, step, (picture, most, by) => {
        const window = centredWindow(picture, most, by);
        expect(inside(window, picture)).toBe(true);
        expect(window.width).toBe(Math.min(picture.width, most.width));
        expect(window.height).toBe(Math.min(picture.height, most.height));
        expect([window.x % by, window.y % by]).toEqual([0, 0]);
        const [left, above] = [(picture.width - window.width) / 2, (picture.height - window.height) / 2];
        expect(window.x <= left && window.x > left - by && window.y <= above && window.y > above - by).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a window with its context', () => {
  it('is inside, holds the window and its context or reaches the edge, and less than a step more', () => {
    fc.assert(
      fc.property(windows, fc.nat({ max: 300 }), step, ({ picture, window }, pad, by) => {
        const wide = withContext(window, picture, pad, by);
        expect(inside(wide, picture)).toBe(true);
        for (const [at, length] of [
          ['x', 'width'],
          ['y', 'height'],
        ] as const) {
          const [from, to] = [wide[at], wide[at] + wide[length]];
          const wanted = [Math.max(0, window[at] - pad), Math.min(picture[length], window[at] + window[length] + pad)];
          expect(from % by === 0 && from <= (wanted[0] as number) && from > (wanted[0] as number) - by).toBe(true);
          expect((to % by === 0 || to === picture[length]) && to >= (wanted[1] as number)).toBe(true);
          expect(to - (wanted[1] as number)).toBeLessThan(by);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of an enlarged picture lies in the enlarged picture', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 1, max: 8 }), ({ picture, window }, scale) => {
        const large = { width: picture.width * scale, height: picture.height * scale };
        expect(inside(scaled(window, scale), large)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a rectangle of the command line', () => {
  it('is taken where it is inside and begins on a chroma sample; for others inside a near one is named', () => {
    const formats = fc.constantFrom('yuv420p', 'yuv422p10le', 'yuv444p', 'yuv410p', 'yuv411p', 'gbrp', 'nv12');
    fc.assert(
      fc.property(windows, formats, ({ picture, window }, pixelFormat) => {
        const video = { ...picture, pixelFormat } as SourceInfo['video'];
        const refusal = (of: Window): string | undefined => {
          try {
            checkCrop(of, video);
            return undefined;
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
            return (error as Error).message;
          }
        };
        const [across, down] = chromaStep(pixelFormat);
        const said = refusal(window);
        expect(said === undefined).toBe(window.x % across === 0 && window.y % down === 0);
        if (said !== undefined) {
          const [, width, height, x, y] = /: choose (\d+)x(\d+)\+(\d+)\+(\d+)$/.exec(said) ?? [];
          const near = { x: Number(x), y: Number(y), width: Number(width), height: Number(height) };
          expect(refusal(near)).toBeUndefined();
          expect(window.x - near.x < across && window.y - near.y < down).toBe(true);
        }
        expect(refusal({ ...window, width: picture.width - window.x + 1 })).toContain('is not within the picture');
      }),
      { numRuns: 200 },
    );
  });
});
