import type { Rgb } from '../quality/protocol.js';

const SIDE = 11;
const WINDOW = gaussian(SIDE, 1.5);
const [C1, C2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

/** Mean structural similarity (Wang and others, 2004) of two luma planes, with the paper's window. */
export function ssim(a: Rgb, b: Rgb): number {
  const { width, height } = a;
  const blurred = (value: (i: number) => number): Float64Array =>
    blur(
      Float64Array.from(a.data, (_, i) => value(i)),
      width,
      height,
    );
  const at = ({ data }: Rgb, i: number): number => data[i] as number;
  const meanA = blurred((i) => at(a, i));
  const meanB = blurred((i) => at(b, i));
  const squareA = blurred((i) => at(a, i) ** 2);
  const squareB = blurred((i) => at(b, i) ** 2);
  const product = blurred((i) => at(a, i) * at(b, i));
  let sum = 0;
  for (const [i, x] of meanA.entries()) {
    const y = meanB[i] as number;
    const variances = (squareA[i] as number) - x * x + (squareB[i] as number) - y * y;
    const covariance = (product[i] as number) - x * y;
    sum += ((2 * x * y + C1) * (2 * covariance + C2)) / ((x * x + y * y + C1) * (variances + C2));
  }
  return sum / meanA.length;
}

/** Without the border that the window does not fit into. */
function blur(plane: Float64Array, width: number, height: number): Float64Array {
  const narrow = width - SIDE + 1;
  const rows = new Float64Array(narrow * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < narrow; x++) rows[y * narrow + x] = weighted((k) => plane[y * width + x + k] as number);
  const result = new Float64Array(narrow * (height - SIDE + 1));
  for (let i = 0; i < result.length; i++) result[i] = weighted((k) => rows[i + k * narrow] as number);
  return result;
}

const weighted = (value: (k: number) => number): number =>
  WINDOW.reduce((sum, weight, k) => sum + weight * value(k), 0);

function gaussian(side: number, deviation: number): number[] {
  const values = Array.from({ length: side }, (_, i) => Math.exp(-((i - (side - 1) / 2) ** 2) / (2 * deviation ** 2)));
  const sum = values.reduce((a, b) => a + b);
  return values.map((value) => value / sum);
}
