import { argv } from '../../lib/argv.js';

/** Cells of a thumbnail, across and down. */
export const COLUMNS = 32;
export const ROWS = 24;
export const CELLS = COLUMNS * ROWS;
/** Planes Y, U and V, one byte a cell, each cell the mean of what it covers. */
export const THUMBNAIL_BYTES = 3 * CELLS;

/** What the samples of a video mean. */
export interface Samples {
  range: 'limited' | 'full';
  /** swscale's name of the matrix of YUV pictures; of no meaning for RGB. */
  matrix: string;
  /** The matrix in which thumbnails are compared. */
  common: string;
}

/**
 * Output arguments that write every picture to stdout as 32x24 cells of 4:4:4 YUV, full range whatever the picture's
 * is, so that pictures of any size and range can be compared.
 * @param head filters that come first.
 */
export const thumbnailArgs = (head: readonly string[], samples: Samples): string[] => [
  '-vf',
  [...head, toYuv444(COLUMNS, ROWS, samples), ...COUNTED].join(','),
  ...argv`-enc_time_base 1:25 -f rawvideo pipe:1`,
];

/** The filters to 4:4:4 YUV of a size, full range whatever the pictures' is. */
export const toYuv444 = (width: number, height: number, { range, matrix, common }: Samples): string =>
  `scale=${width}:${height}:flags=area+accurate_rnd:in_range=${range}:out_range=full:` +
  `in_color_matrix=${matrix}:out_color_matrix=${common},format=yuv444p`;

/** The muxer gets a clock of its own, which no variable rate can upset. */
export const COUNTED = ['settb=1/25', 'setpts=N'];

/** Mean of a thumbnail's luma, 0 to 255. */
export function lumaMean(thumbnail: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < CELLS; i++) sum += thumbnail[i] as number;
  return sum / CELLS;
}

/** Standard deviation of a thumbnail's most structured plane, in code values; 0 for a picture of one colour. */
export function structureOf(thumbnail: Uint8Array): number {
  let largest = 0;
  for (let from = 0; from < THUMBNAIL_BYTES; from += CELLS) {
    let sum = 0;
    let squares = 0;
    for (let i = from; i < from + CELLS; i++) {
      const value = thumbnail[i] as number;
      sum += value;
      squares += value * value;
    }
    largest = Math.max(largest, squares / CELLS - (sum / CELLS) ** 2);
  }
  return Math.sqrt(largest);
}

/** Root of the mean squared distance of two thumbnails from byte `from` up to `to`, in code values. */
export function distance(a: Uint8Array, b: Uint8Array, from = 0, to = CELLS): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const apart = (a[i] as number) - (b[i] as number);
    sum += apart * apart;
  }
  return Math.sqrt(sum / (to - from));
}
