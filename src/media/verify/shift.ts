import { CELLS, COLUMNS, ROWS } from './thumbnails.js';

/** Where a picture lies in relation to its source's. */
export interface Shift {
  /** To the right and down, in cells of the thumbnail. True below about one cell. */
  x: number;
  y: number;
  /** How much of the difference it explains, 0 to 1. */
  explained: number;
}

const NONE: Shift = { x: 0, y: 0, explained: 0 };
/**
 * Least mean squared slope, in code values a cell, in the direction where the picture has least of it: flat pictures
 * have no place, and those with edges in one direction only have none along them.
 */
const FLAT = 1;

/**
 * Estimates how far an output picture's luma is shifted against its source's, by least squares over the source's
 * slopes (Lucas and Kanade, "An Iterative Image Registration Technique", 1981; one step).
 */
export function shiftOf(output: Uint8Array, own: Uint8Array): Shift {
  let xx = 0;
  let xy = 0;
  let yy = 0;
  let xe = 0;
  let ye = 0;
  let ee = 0;
  for (let row = 1; row < ROWS - 1; row++) {
    for (let column = 1; column < COLUMNS - 1; column++) {
      const i = row * COLUMNS + column;
      const x = ((own[i + 1] as number) - (own[i - 1] as number)) / 2;
      const y = ((own[i + COLUMNS] as number) - (own[i - COLUMNS] as number)) / 2;
      const e = (own[i] as number) - (output[i] as number);
      xx += x * x;
      xy += x * y;
      yy += y * y;
      xe += x * e;
      ye += y * e;
      ee += e * e;
    }
  }
  if (ee === 0 || smallerEigenvalue(xx, xy, yy) < FLAT * CELLS) return NONE;
  const { x, y } = leastSquares({ xx, xy, yy, xe, ye });
  return { x, y, explained: (x * xe + y * ye) / ee };
}

/** Of a picture's structure tensor: the sum of squared slopes in the direction that has least. */
export const smallerEigenvalue = (xx: number, xy: number, yy: number): number =>
  (xx + yy - Math.hypot(xx - yy, 2 * xy)) / 2;

/**
 * The displacement that explains most of a difference: sums of products of slopes across and down, and of each with
 * the difference.
 */
export function leastSquares({ xx, xy, yy, xe, ye }: Record<'xx' | 'xy' | 'yy' | 'xe' | 'ye', number>): {
  x: number;
  y: number;
} {
  const determinant = xx * yy - xy * xy;
  return { x: (yy * xe - xy * ye) / determinant, y: (xx * ye - xy * xe) / determinant };
}
