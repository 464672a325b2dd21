import { brightnessOf, type Plane, shrink, smooth } from './plane.js';
import { leastSquares, smallerEigenvalue } from './shift.js';

export interface Displacement {
  /** To the right and down, in pixels. */
  x: number;
  y: number;
  /** Share of the squared difference that is left when the picture is moved back. */
  left: number;
  /** Whether the picture has something to hold on to in every direction: else it can lie anywhere along its edges. */
  structured: boolean;
}

/** Coarser pictures are looked at first as long as their shorter side has so many pixels. */
const LEAST_SIDE = 48;
const LEVELS = 4;
const STEPS = 8;
/** Pixels by which the last step moved: less is no news. */
const STILL = 0.01;
/**
 * Least mean squared slope in the direction where a picture has least of it, in code values a pixel: the smaller
 * eigenvalue of the structure tensor. The determinant would let one strong edge stand for both directions.
 */
const LEAST_SLOPE = 0.05;

/**
 * Measures how far a picture lies from where its source's does, at full size: least squares over the source's slopes
 * (Lucas and Kanade, 1981), repeated from coarse to fine. Brightness and contrast of the whole picture do not count.
 * @param output luma of the same size as `own`.
 */
export function displacement(output: Plane, own: Plane): Displacement {
  const moved = sameBrightness(output, own);
  const levels: [output: Plane, own: Plane][] = [[smooth(moved), smooth(own)]];
  for (
    let [a, b] = levels[0] as [Plane, Plane];
    levels.length < LEVELS && Math.min(a.width, a.height) >= 2 * LEAST_SIDE;
  ) {
    [a, b] = [smooth(shrink(a, 2)), smooth(shrink(b, 2))];
    levels.push([a, b]);
  }
  let at = { x: 0, y: 0 };
  for (const [a, b] of levels.toReversed()) {
    at = { x: 2 * at.x, y: 2 * at.y };
    const found = refine(a, b, at);
    at = { x: found.x, y: found.y };
  }
  const [a, b] = levels[0] as [Plane, Plane];
  const margin = marginOf(at, a);
  const before = equations(a, b, { x: 0, y: 0 }, margin);
  const after = equations(a, b, at, margin);
  return {
    ...at,
    left: before.error > 0 ? after.error / before.error : 1,
    structured: smallerEigenvalue(before.xx, before.xy, before.yy) >= LEAST_SLOPE * before.pixels,
  };
}

function sameBrightness(output: Plane, own: Plane): Plane {
  const { gain, offset } = brightnessOf(output.data, own.data);
  // A picture that has nothing to do with its source is not brought nearer to it.
  const safe = gain > 0.5 && gain < 2 ? { gain, offset } : { gain: 1, offset: 0 };
  return { ...output, data: Float32Array.from(output.data, (value) => safe.gain * value + safe.offset) };
}

function refine(output: Plane, own: Plane, start: { x: number; y: number }): { x: number; y: number } {
  const at = { ...start };
  for (let step = 0; step < STEPS; step++) {
    const sums = equations(output, own, at, marginOf(at, own));
    if (!(sums.xx * sums.yy - sums.xy * sums.xy > 0)) return start;
    const { x, y } = leastSquares(sums);
    at.x += x;
    at.y += y;
    if (Math.max(Math.abs(at.x), Math.abs(at.y)) > Math.min(own.width, own.height) / 4) return start;
    if (Math.hypot(x, y) < STILL) break;
  }
  return at;
}

const marginOf = ({ x, y }: { x: number; y: number }, { width, height }: Plane): number =>
  Math.min(Math.ceil(Math.max(Math.abs(x), Math.abs(y))) + 2, Math.floor(Math.min(width, height) / 3));

interface Equations {
  xx: number;
  xy: number;
  yy: number;
  xe: number;
  ye: number;
  /** Sum of squared differences. */
  error: number;
  pixels: number;
}

/**
 * The sums of one step: slopes of `own`, and how it differs from `output` read at a displacement, by bilinear
 * interpolation.
 */
function equations(output: Plane, own: Plane, { x, y }: { x: number; y: number }, margin: number): Equations {
  const { width, height, data } = own;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - left, y - top];
  const sums = { xx: 0, xy: 0, yy: 0, xe: 0, ye: 0, error: 0, pixels: 0 };
  for (let row = margin; row < height - margin; row++) {
    for (let column = margin; column < width - margin; column++) {
      const i = row * width + column;
      const j = i + top * width + left;
      const upper = (output.data[j] as number) * (1 - fx) + (output.data[j + 1] as number) * fx;
      const lower = (output.data[j + width] as number) * (1 - fx) + (output.data[j + width + 1] as number) * fx;
      const e = (data[i] as number) - (upper * (1 - fy) + lower * fy);
      const sx = ((data[i + 1] as number) - (data[i - 1] as number)) / 2;
      const sy = ((data[i + width] as number) - (data[i - width] as number)) / 2;
      sums.xx += sx * sx;
      sums.xy += sx * sy;
      sums.yy += sy * sy;
      sums.xe += sx * e;
      sums.ye += sy * e;
      sums.error += e * e;
    }
  }
  sums.pixels = Math.max(0, height - 2 * margin) * Math.max(0, width - 2 * margin);
  return sums;
}
