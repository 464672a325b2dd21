import type { Plane } from './plane.js';
import { CELLS, lumaMean } from './thumbnails.js';

/** Y, U and V in full range, U and V around 0. */
type Yuv = readonly [number, number, number];
type Matrix = readonly [Yuv, Yuv, Yuv];

/** Share of red and blue in luma. */
const WEIGHTS = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722] } as const;

function toRgb([red, blue]: readonly [number, number]): Matrix {
  const green = 1 - red - blue;
  return [
    [1, 0, 2 * (1 - red)],
    [1, (-2 * blue * (1 - blue)) / green, (-2 * red * (1 - red)) / green],
    [1, 2 * (1 - blue), 0],
  ];
}

function fromRgb([red, blue]: readonly [number, number]): Matrix {
  const green = 1 - red - blue;
  const [u, v] = [2 * (1 - blue), 2 * (1 - red)];
  return [
    [red, green, blue],
    [-red / u, -green / u, (1 - blue) / u],
    [(1 - red) / v, -green / v, -blue / v],
  ];
}

const apply = (m: Matrix, [a, b, c]: Yuv): Yuv => m.map(([x, y, z]) => x * a + y * b + z * c) as unknown as Yuv;
const column = (a: Matrix, b: Matrix, i: number): Yuv =>
  apply(a, [b[0][i] as number, b[1][i] as number, b[2][i] as number]);
function product(a: Matrix, b: Matrix): Matrix {
  const [x, y, z] = [column(a, b, 0), column(a, b, 1), column(a, b, 2)];
  return [
    [x[0], y[0], z[0]],
    [x[1], y[1], z[1]],
    [x[2], y[2], z[2]],
  ];
}

/** A map of colours: what it does to Y, U and V, and what it adds to luma. */
export interface ColourMap {
  matrix: Matrix;
  offset: number;
}

interface Mistake extends ColourMap {
  name: string;
  /** `range`: on a flat picture it looks like another brightness, which a network may give it. */
  kind: 'planes' | 'matrix' | 'range';
}

export const scaled = (luma: number, chroma: number): Matrix => [
  [luma, 0, 0],
  [0, chroma, 0],
  [0, 0, chroma],
];

export const AS_IS: ColourMap = { matrix: scaled(1, 1), offset: 0 };

/** What goes wrong with colours when it goes wrong, as maps from the right values to those that come out. */
export const MISTAKES: readonly Mistake[] = [
  {
    name: 'its colour planes U and V are swapped',
    kind: 'planes',
    matrix: [
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 0],
    ],
    offset: 0,
  },
  {
    name: 'BT.601 was taken for BT.709',
    kind: 'matrix',
    matrix: product(fromRgb(WEIGHTS.bt601), toRgb(WEIGHTS.bt709)),
    offset: 0,
  },
  {
    name: 'BT.709 was taken for BT.601',
    kind: 'matrix',
    matrix: product(fromRgb(WEIGHTS.bt709), toRgb(WEIGHTS.bt601)),
    offset: 0,
  },
  {
    name: 'full range was taken for limited',
    kind: 'range',
    matrix: scaled(255 / 219, 255 / 224),
    offset: (-16 * 255) / 219,
  },
  { name: 'limited range was taken for full', kind: 'range', matrix: scaled(219 / 255, 224 / 255), offset: 16 },
  { name: 'it has no colours', kind: 'planes', matrix: scaled(1, 0), offset: 0 },
];

/** Differences below this are not looked into, in code values (root of the mean square over all planes). */
const VISIBLE = 1;
/** A mistake is recognised when it leaves less than this of the squared difference. */
const LEFT = 0.3;

/**
 * Tests whether a thumbnail is its source's with one of the known mistakes in its colours.
 * @returns the index in {@link MISTAKES}, or -1.
 */
export function mistakeIn(output: Uint8Array, own: Uint8Array): number {
  const right = error(output, own, AS_IS);
  if (right < 3 * CELLS * VISIBLE ** 2) return -1;
  const left = MISTAKES.map((mistake) => error(output, own, mistake));
  const least = Math.min(...left);
  const found = left.indexOf(least);
  if (least >= LEFT * right) return -1;
  return MISTAKES[found]?.kind === 'range' && error(output, own, brightness(output, own)) < LEFT * right ? -1 : found;
}

/** What another brightness alone makes of it. */
const brightness = (output: Uint8Array, own: Uint8Array): ColourMap => ({
  matrix: scaled(1, 1),
  offset: lumaMean(output) - lumaMean(own),
});

const clamp = (value: number): number => Math.min(255, Math.max(0, value));

/**
 * Sum of the squared differences between an output and its source with a mistake. Of both: Y, then U, then V, as many
 * samples of each.
 */
export function error(output: Plane['data'], own: Plane['data'], { matrix: [m0, m1, m2], offset }: ColourMap): number {
  const count = own.length / 3;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const y = own[i] as number;
    const u = (own[count + i] as number) - 128;
    const v = (own[2 * count + i] as number) - 128;
    const ey = clamp(m0[0] * y + m0[1] * u + m0[2] * v + offset) - (output[i] as number);
    const eu = clamp(m1[0] * y + m1[1] * u + m1[2] * v + 128) - (output[count + i] as number);
    const ev = clamp(m2[0] * y + m2[1] * u + m2[2] * v + 128) - (output[2 * count + i] as number);
    sum += ey * ey + eu * eu + ev * ev;
  }
  return sum;
}
