/** A plain reading of ncnn's formats and layers, written without regard to the converter, to compare it with. */

export interface Planes {
  c: number;
  h: number;
  w: number;
  data: Float64Array;
}

const planes = (c: number, h: number, w: number): Planes => ({ c, h, w, data: new Float64Array(c * h * w) });

function fill(target: Planes, value: (c: number, y: number, x: number) => number): Planes {
  let i = 0;
  for (let c = 0; c < target.c; c++) for (let y = 0; y < target.h; y++) for (let x = 0; x < target.w; x++) target.data[i++] = value(c, y, x);
  return target;
}

const at = (p: Planes, c: number, y: number, x: number): number => p.data[(c * p.h + y) * p.w + x] as number;
const clamp = (v: number, most: number): number => Math.min(Math.max(v, 0), most);

/** Runs a network of the layers that Real-ESRGAN's files use. Only square, undilated convolutions of stride 1. */
export function runNcnn(param: string, bin: Uint8Array, input: Planes): Planes {
  const view = new DataView(bin.buffer, bin.byteOffset, bin.byteLength);
  let offset = 0;
  const raw = (n: number) => Array.from({ length: n }, () => view.getFloat32((offset += 4) - 4, true));
  const stored = (n: number) => {
    const flag = view.getUint32((offset += 4) - 4, true);
    if (flag === 0) return raw(n);
    const values = Array.from({ length: n }, (_, i) => half(view.getUint16(offset + 2 * i, true)));
    offset += Math.ceil(n / 2) * 4;
    return values;
  };

  const blobs: Record<string, Planes> = {};
  let last = input;
  for (const line of param.trim().split('\n').slice(2)) {
    const [type = '', , ins, outs, ...rest] = line.trim().split(/\s+/);
    const sources = rest.slice(0, Number(ins)).map((name) => blobs[name] as Planes);
    const names = rest.slice(Number(ins), Number(ins) + Number(outs));
    const p = Object.fromEntries(rest.filter((word) => word.includes('=')).map((word) => word.split('='))) as Record<string, string>;
    const n = (key: number, fallback = 0) => Number(p[key] ?? fallback);
    const [x = input, y = x] = sources;
    if (type === 'Convolution') last = activate(convolve(x, n(0), n(1), n(4), stored(n(6)), n(5) ? raw(n(0)) : []), n(9), Number(p[-23310]?.split(',')[1] ?? 0));
    else if (type === 'PReLU') last = prelu(x, raw(n(0)));
    else if (type === 'PixelShuffle') last = shuffle(x, n(0), n(1));
    else if (type === 'Interp') last = resize(x, n(0), n(1, 1), n(2, 1));
    else if (type === 'BinaryOp') last = fill(planes(x.c, x.h, x.w), (c, i, j) => binary(n(0), at(x, c, i, j), n(1) ? n(2) : at(y, c, i, j)));
    else if (type === 'Eltwise') last = weightedSum(sources, p[-23301]?.split(',').slice(1).map(Number));
    else if (type === 'Concat') last = { ...x, c: sources.reduce((sum, s) => sum + s.c, 0), data: Float64Array.from(sources.flatMap((s) => [...s.data])) };
    else if (type === 'Split' || type === 'Input') last = x;
    else throw new Error(type);
    for (const name of names) blobs[name] = last;
  }
  return last;
}

function half(bits: number): number {
  const e = (bits & 0x7c00) >> 10;
  const f = bits & 0x3ff;
  const magnitude = e === 0 ? f / 2 ** 24 : (1024 + f) * 2 ** (e - 25);
  return bits >> 15 ? -magnitude : magnitude;
}

function convolve(x: Planes, outputs: number, k: number, pad: number, weight: number[], bias: number[]): Planes {
  return fill(planes(outputs, x.h + 2 * pad - k + 1, x.w + 2 * pad - k + 1), (o, y, xx) => {
    let sum = bias[o] ?? 0;
    for (let c = 0; c < x.c; c++) {
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < k; j++) {
          const sy = y + i - pad;
          const sx = xx + j - pad;
          if (sy >= 0 && sy < x.h && sx >= 0 && sx < x.w) sum += at(x, c, sy, sx) * (weight[((o * x.c + c) * k + i) * k + j] as number);
        }
      }
    }
    return sum;
  });
}

function activate(x: Planes, type: number, slope: number): Planes {
  return type === 0 ? x : prelu(x, [type === 1 ? 0 : slope]);
}

const prelu = (x: Planes, slopes: number[]): Planes => fill(planes(x.c, x.h, x.w), (c, i, j) => {
  const v = at(x, c, i, j);
  return v < 0 ? v * (slopes[slopes.length === 1 ? 0 : c] as number) : v;
});

function shuffle(x: Planes, r: number, mode: number): Planes {
  const out = x.c / r ** 2;
  return fill(planes(out, x.h * r, x.w * r), (c, i, j) => {
    const within = (i % r) * r + (j % r);
    return at(x, mode === 0 ? c * r * r + within : within * out + c, Math.floor(i / r), Math.floor(j / r));
  });
}

function resize(x: Planes, type: number, fy: number, fx: number): Planes {
  const taps = [nearest, bilinear, bicubic][type - 1] as (position: number, factor: number) => [number, number][];
  return fill(planes(x.c, Math.floor(x.h * fy), Math.floor(x.w * fx)), (c, i, j) => {
    let sum = 0;
    for (const [sy, wy] of taps(i, fy)) for (const [sx, wx] of taps(j, fx)) sum += wy * wx * at(x, c, clamp(sy, x.h - 1), clamp(sx, x.w - 1));
    return sum;
  });
}

const nearest = (i: number, factor: number): [number, number][] => [[Math.floor(i / factor), 1]];

function bilinear(i: number, factor: number): [number, number][] {
  const position = (i + 0.5) / factor - 0.5;
  const first = Math.floor(position);
  return [[first, 1 - (position - first)], [first + 1, position - first]];
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

function binary(type: number, a: number, b: number): number {
  return [a + b, a - b, a * b, a / b, Math.max(a, b), Math.min(a, b), a ** b, b - a, b / a][type] as number;
}

const weightedSum = (sources: Planes[], coefficients?: number[]): Planes => {
  const [{ c, h, w }] = sources as [Planes];
  return fill(planes(c, h, w), (k, i, j) => sources.reduce((sum, s, n) => sum + at(s, k, i, j) * (coefficients?.[n] ?? 1), 0));
};
