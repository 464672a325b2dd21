import type { PictureSpec } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { type Rational, reduced, toNumber } from '../../lib/rational.js';
import { deliverableSize } from './deliverable.js';

/** The pictures of the deliverable: even sides, in pixels, and how wide one pixel is shown to how high. */
export interface Shape {
  width: number;
  height: number;
  sampleAspectRatio: Rational;
}

type Source = Pick<SourceInfo['video'], 'width' | 'height' | 'sampleAspectRatio'>;

/** The nearest even number, not below 2. */
const even = (length: number): number => Math.max(2, 2 * Math.round(length / 2));

/**
 * What becomes of a source's pictures. Without a wish: `scale` times as large, an odd side one pixel longer, pixels as
 * they are.
 * - Square pixels: the side that is shown too short grows, so that no line or column is lost.
 * - A target of a height: so many lines, as wide as the shape asks for.
 * - A target of both sides: exactly these, and the pixels' shape makes up for it; of square pixels the largest picture
 *   that fits in.
 */
export function deliverableShape(
  { width, height, sampleAspectRatio: source }: Source,
  scale: number,
  { target, squarePixels }: Pick<PictureSpec, 'target' | 'squarePixels'>,
): Shape {
  const widening = squarePixels ? toNumber(source) : 1;
  if (!target && widening === 1) return { ...deliverableSize({ width, height }, scale), sampleAspectRatio: source };
  const [wide, high] = [width * scale * Math.max(1, widening), (height * scale) / Math.min(1, widening)];
  const sampleAspectRatio = squarePixels ? { num: 1, den: 1 } : source;
  if (!target) return { width: even(wide), height: even(high), sampleAspectRatio };
  if (target.width === undefined)
    return { width: even((wide * target.height) / high), height: target.height, sampleAspectRatio };
  if (!squarePixels)
    return {
      width: target.width,
      height: target.height,
      sampleAspectRatio: reduced(width * source.num * target.height, height * source.den * target.width),
    };
  const factor = Math.min(target.width / wide, target.height / high);
  return {
    width: Math.min(target.width, even(wide * factor)),
    height: Math.min(target.height, even(high * factor)),
    sampleAspectRatio,
  };
}

/**
 * The size to which enlarged pictures have to be brought; undefined where they have it already, but for an odd edge.
 */
export function resizeTo(
  { width, height }: Pick<Shape, 'width' | 'height'>,
  source: Source,
  scale: number,
): { width: number; height: number } | undefined {
  const usual = deliverableSize(source, scale);
  return usual.width === width && usual.height === height ? undefined : { width, height };
}
