/** A plain reading of ncnn's formats and layers, written without regard to the converter, to compare it with. */
import { at, convolve, fill, type Planes, planes, prelu, resize, shuffle } from '../planes.js';

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
    const p = Object.fromEntries(rest.filter((word) => word.includes('=')).map((word) => word.split('='))) as Record<
      string,
      string
    >;
    const n = (key: number, fallback = 0) => Number(p[key] ?? fallback);
    const [x = input, y = x] = sources;
    if (type === 'Convolution')
      last = activate(
        convolve(x, n(0), n(1), n(4), stored(n(6)), n(5) ? raw(n(0)) : []),
        n(9),
        Number(p[-23310]?.split(',')[1] ?? 0),
      );
    else if (type === 'PReLU') last = prelu(x, raw(n(0)));
    else if (type === 'PixelShuffle') last = shuffle(x, n(0), n(1));
    else if (type === 'Interp') last = resize(x, n(0), n(1, 1), n(2, 1));
    else if (type === 'BinaryOp')
      last = fill(planes(x.c, x.h, x.w), (c, i, j) => binary(n(0), at(x, c, i, j), n(1) ? n(2) : at(y, c, i, j)));
    else if (type === 'Eltwise') last = weightedSum(sources, p[-23301]?.split(',').slice(1).map(Number));
    else if (type === 'Concat')
      last = {
        ...x,
        c: sources.reduce((sum, s) => sum + s.c, 0),
        data: Float64Array.from(sources.flatMap((s) => [...s.data])),
      };
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

function activate(x: Planes, type: number, slope: number): Planes {
  return type === 0 ? x : prelu(x, [type === 1 ? 0 : slope]);
}

function binary(type: number, a: number, b: number): number {
  return [a + b, a - b, a * b, a / b, Math.max(a, b), Math.min(a, b), a ** b, b - a, b / a][type] as number;
}

const weightedSum = (sources: Planes[], coefficients?: number[]): Planes => {
  const [{ c, h, w }] = sources as [Planes];
  return fill(planes(c, h, w), (k, i, j) =>
    sources.reduce((sum, s, n) => sum + at(s, k, i, j) * (coefficients?.[n] ?? 1), 0),
  );
};
