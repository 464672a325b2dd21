import { brightnessOf, type Plane } from './plane.js';
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

interface Mistake {
  name: string;
  /** `range`: on a flat picture it looks like another brightness, which a network may give it. */
  kind: 'planes' | 'matrix' | 'range';
  matrix: Matrix;
  /** Added to luma. */
  offset: number;
}

const scaled = (luma: number, chroma: number): Matrix => [
  [luma, 0, 0],
  [0, chroma, 0],
  [0, 0, chroma],
];

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
  const right = error(output, own, undefined);
  if (right < 3 * CELLS * VISIBLE ** 2) return -1;
  const left = MISTAKES.map((mistake) => error(output, own, mistake));
  const least = Math.min(...left);
  const found = left.indexOf(least);
  if (least >= LEFT * right) return -1;
  return MISTAKES[found]?.kind === 'range' && error(output, own, brightness(output, own)) < LEFT * right ? -1 : found;
}

/** What another brightness alone makes of it. */
const brightness = (output: Uint8Array, own: Uint8Array): Pick<Mistake, 'matrix' | 'offset'> => ({
  matrix: scaled(1, 1),
  offset: lumaMean(output) - lumaMean(own),
});

const clamp = (value: number): number => Math.min(255, Math.max(0, value));

/**
 * Sum of the squared differences between an output and its source with a mistake. Of both: Y, then U, then V, as many
 * samples of each.
 */
function error(output: Samples, own: Samples, mistake: Pick<Mistake, 'matrix' | 'offset'> | undefined): number {
  const [m0, m1, m2] = mistake?.matrix ?? scaled(1, 1);
  const offset = mistake?.offset ?? 0;
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

type Samples = Plane['data'];

/** Of a mistake that is confirmed at full size, so much of the squared difference may be left when it is undone. */
const LEFT_CONFIRMED = 0.4;
/**
 * A wrong matrix mixes planes: it must leave less than this of what the best brightness, contrast and saturation
 * leave.
 */
const BETTER = 0.5;
/**
 * How near contrast and saturation must be to those of a wrong range: networks raise contrast too, by some other
 * amount.
 */
const NEAR = 0.04;
/** Chroma in code values (root of the mean square) below which there is no saturation to speak of. */
const GREY = 2;
/** Code values so near to an end of the range may have been cut off there. */
const CUT_OFF = 8;

/**
 * Tests at full size what {@link mistakeIn} suspects: undoing the mistake must fit better by far than what a network
 * may have done to brightness, contrast and saturation.
 * @param output Y, U and V in full range; `own` likewise, of the same size.
 */
export function mistakeConfirmed(index: number, output: readonly Plane[], own: readonly Plane[]): boolean {
  const mistake = MISTAKES[index];
  if (!mistake) return false;
  const [a, b] = [joined(output), joined(own)];
  const left = error(a, b, mistake);
  if (left >= LEFT_CONFIRMED * error(a, b, undefined)) return false;
  if (mistake.kind === 'planes') return true;
  const luma = contrastOf(a, b, mistake);
  const saturation = saturationOf(a, b, mistake);
  if (mistake.kind === 'matrix')
    return left < BETTER * error(a, b, { matrix: scaled(luma.gain, saturation.gain), offset: luma.offset });
  const isNear = (gain: number, wanted: number): boolean => Math.abs(gain / wanted - 1) < NEAR;
  return (
    isNear(luma.gain, mistake.matrix[0][0]) &&
    (saturation.chroma < GREY || isNear(saturation.gain, mistake.matrix[1][1]))
  );
}

const joined = (planes: readonly Plane[]): Float32Array => Float32Array.from(planes.flatMap(({ data }) => [...data]));

const isWhole = (value: number): boolean => value > CUT_OFF && value < 255 - CUT_OFF;

/** The contrast and brightness of luma, of samples that nothing has cut off. */
function contrastOf(output: Samples, own: Samples, { matrix, offset }: Mistake): { gain: number; offset: number } {
  const whole: [own: number[], output: number[]] = [[], []];
  for (let i = 0; i < own.length / 3; i++) {
    const value = own[i] as number;
    if (!isWhole(value) || !isWhole(matrix[0][0] * value + offset)) continue;
    whole[0].push(value);
    whole[1].push(output[i] as number);
  }
  return brightnessOf(Float32Array.from(whole[0]), Float32Array.from(whole[1]));
}

/**
 * The gain of both chroma planes around grey, and how much chroma there is; likewise of samples that nothing has cut
 * off.
 */
function saturationOf(output: Samples, own: Samples, { matrix }: Mistake): { gain: number; chroma: number } {
  let [along, whole, count] = [0, 0, 0];
  for (let i = own.length / 3; i < own.length; i++) {
    const value = (own[i] as number) - 128;
    if (!isWhole(value + 128) || !isWhole(matrix[1][1] * value + 128)) continue;
    along += value * ((output[i] as number) - 128);
    whole += value * value;
    count++;
  }
  return { gain: whole > 0 ? along / whole : 1, chroma: count > 0 ? Math.sqrt(whole / count) : 0 };
}
