import { InferenceSession, Tensor } from 'onnxruntime-node';

/**
 * Pictures as plain numbers, and the layers of networks as plain loops over them: what ONNX graphs are compared with.
 */

export interface Planes {
  c: number;
  h: number;
  w: number;
  data: Float64Array;
}

export const planes = (c: number, h: number, w: number): Planes => ({ c, h, w, data: new Float64Array(c * h * w) });

export function fill(target: Planes, value: (c: number, y: number, x: number) => number): Planes {
  let i = 0;
  for (let c = 0; c < target.c; c++)
    for (let y = 0; y < target.h; y++) for (let x = 0; x < target.w; x++) target.data[i++] = value(c, y, x);
  return target;
}

export const at = (p: Planes, c: number, y: number, x: number): number => p.data[(c * p.h + y) * p.w + x] as number;
export const clamp = (v: number, most: number): number => Math.min(Math.max(v, 0), most);

export function convolve(
  x: Planes,
  outputs: number,
  k: number,
  pad: number,
  weight: number[],
  bias: number[],
): Planes {
  return fill(planes(outputs, x.h + 2 * pad - k + 1, x.w + 2 * pad - k + 1), (o, y, xx) => {
    let sum = bias[o] ?? 0;
    for (let c = 0; c < x.c; c++) {
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < k; j++) {
          const sy = y + i - pad;
          const sx = xx + j - pad;
          if (sy >= 0 && sy < x.h && sx >= 0 && sx < x.w)
            sum += at(x, c, sy, sx) * (weight[((o * x.c + c) * k + i) * k + j] as number);
        }
      }
    }
    return sum;
  });
}

export const prelu = (x: Planes, slopes: number[]): Planes =>
  fill(planes(x.c, x.h, x.w), (c, i, j) => {
    const v = at(x, c, i, j);
    return v < 0 ? v * (slopes[slopes.length === 1 ? 0 : c] as number) : v;
  });

export function shuffle(x: Planes, r: number, mode: number): Planes {
  const out = x.c / r ** 2;
  return fill(planes(out, x.h * r, x.w * r), (c, i, j) => {
    const within = (i % r) * r + (j % r);
    return at(x, mode === 0 ? c * r * r + within : within * out + c, Math.floor(i / r), Math.floor(j / r));
  });
}

export function resize(x: Planes, type: number, fy: number, fx: number): Planes {
  const taps = [nearest, bilinear, bicubic][type - 1] as (position: number, factor: number) => [number, number][];
  return fill(planes(x.c, Math.floor(x.h * fy), Math.floor(x.w * fx)), (c, i, j) => {
    let sum = 0;
    for (const [sy, wy] of taps(i, fy))
      for (const [sx, wx] of taps(j, fx)) sum += wy * wx * at(x, c, clamp(sy, x.h - 1), clamp(sx, x.w - 1));
    return sum;
  });
}

const nearest = (i: number, factor: number): [number, number][] => [[Math.floor(i / factor), 1]];

function bilinear(i: number, factor: number): [number, number][] {
  const position = (i + 0.5) / factor - 0.5;
  const first = Math.floor(position);
  return [
    [first, 1 - (position - first)],
    [first + 1, position - first],
  ];
}

function bicubic(i: number, factor: number): [number, number][] {
  const a = -0.75;
  const position = (i + 0.5) / factor - 0.5;
  const first = Math.floor(position);
  return [-1, 0, 1, 2].map((k) => {
    const d = Math.abs(position - first - k);
    const weight = d <= 1 ? (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1 : a * (d ** 3 - 5 * d ** 2 + 8 * d - 4);
    return [first + k, weight];
  });
}

/** Looks random; exact in float32. */
export function picture(h: number, w: number): Planes {
  return { c: 3, h, w, data: Float64Array.from({ length: 3 * h * w }, (_, i) => Math.fround(((i * 89) % 256) / 255)) };
}

export async function runOnnx(bytes: Uint8Array, { h, w, data }: Planes): Promise<Planes> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const output = (await session.run({ input: new Tensor('float32', Float32Array.from(data), [1, 3, h, w]) }))[
    'output'
  ] as Tensor;
  await session.release();
  const [, c = 0, height = 0, width = 0] = output.dims;
  return { c, h: height, w: width, data: Float64Array.from(output.data as Float32Array) };
}

/** NaN counts as infinitely far. */
export const farthest = (a: Planes, b: Planes): number =>
  a.data.reduce(
    (most, value, i) => Math.max(most, Number.isNaN(value) ? Infinity : Math.abs(value - (b.data[i] as number))),
    0,
  );
