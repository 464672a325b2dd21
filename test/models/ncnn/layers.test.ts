import { describe, expect, it } from 'vitest';
import { convertNcnn } from '../../../src/models/ncnn/convert.js';
import { at, clamp, convolve, farthest, fill, type Planes, picture, planes, runOnnx } from '../planes.js';
import { binBytes, type Chunk, numbers, paramText } from './net.js';

/** 3 channels of 6 rows and 8 columns, in -1..1. */
const x = ((input) => ({ ...input, data: input.data.map((v) => Math.fround(2 * v - 1)) }))(picture(6, 8));
const map = (p: Planes, value: (v: number, c: number) => number): Planes =>
  fill(planes(p.c, p.h, p.w), (c, i, j) => value(at(p, c, i, j), c));
const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
const outside = (p: Planes, c: number, i: number, j: number) =>
  i < 0 || j < 0 || i >= p.h || j >= p.w ? 0 : at(p, c, i, j);

async function expectOutput(lines: string[], chunks: Chunk[], expected: Planes, input = x): Promise<void> {
  const actual = await runOnnx(convertNcnn(paramText(['Input in 0 1 data', ...lines]), binBytes(chunks)), input);
  expect([actual.c, actual.h, actual.w]).toEqual([expected.c, expected.h, expected.w]);
  expect(farthest(actual, expected)).toBeLessThan(1e-5);
}

describe('functions of each value', () => {
  it.each<[string, (v: number) => number]>([
    ['ReLU r 1 1 data out', (v) => Math.max(v, 0)],
    ['ReLU r 1 1 data out 0=0.25', (v) => (v < 0 ? 0.25 * v : v)],
    ['Sigmoid s 1 1 data out', sigmoid],
    ['TanH t 1 1 data out', Math.tanh],
    ['Clip c 1 1 data out 0=-0.5 1=0.25', (v) => Math.min(Math.max(v, -0.5), 0.25)],
    ['Clip c 1 1 data out 0=0.1', (v) => Math.max(v, 0.1)],
    ['HardSigmoid h 1 1 data out', (v) => clamp(0.2 * v + 0.5, 1)],
    ['HardSigmoid h 1 1 data out 0=2.0 1=0.1', (v) => clamp(2 * v + 0.1, 1)],
    ['HardSwish h 1 1 data out 0=0.1666667 1=0.5', (v) => v * clamp(v / 6 + 0.5, 1)],
    ['Swish s 1 1 data out', (v) => v * sigmoid(v)],
    ['Mish m 1 1 data out', (v) => v * Math.tanh(Math.log(1 + Math.exp(v)))],
    ['UnaryOp u 1 1 data out 0=0', Math.abs],
    ['UnaryOp u 1 1 data out 0=1', (v) => -v],
    ['UnaryOp u 1 1 data out 0=4', (v) => v * v],
    ['UnaryOp u 1 1 data out 0=7', Math.exp],
    ['UnaryOp u 1 1 data out 0=16', Math.tanh],
    ['BinaryOp b 1 1 data out 0=7 1=1 2=3', (v) => 3 - v],
    ['BinaryOp b 1 1 data out 0=9 1=1 2=3', (v) => 3 ** v],
  ])('%s', async (line, value) => {
    await expectOutput([line], [], map(x, value));
  });

  it('the reciprocal of a root', async () => {
    await expectOutput(
      ['BinaryOp b 1 1 data p 0=0 1=1 2=2', 'UnaryOp u 1 1 p out 0=6'],
      [],
      map(x, (v) => 1 / Math.sqrt(v + 2)),
    );
  });

  it('a factor and an offset for each channel', async () => {
    await expectOutput(
      ['Scale s 1 1 data out 0=3 1=1'],
      [{ bare: [2, -1, 0.5] }, { bare: [0, 0.25, 1] }],
      map(x, (v, c) => v * [2, -1, 0.5][c]! + [0, 0.25, 1][c]!),
    );
    await expectOutput(
      ['Scale s 1 1 data out 0=3'],
      [{ bare: [2, -1, 0.5] }],
      map(x, (v, c) => v * [2, -1, 0.5][c]!),
    );
  });
});

it.each<[string, (v: number) => number]>([
  ['9=1', (v) => Math.max(v, 0)],
  ['9=2 -23310=1,0.1', (v) => (v < 0 ? 0.1 * v : v)],
  ['9=3 -23310=2,-0.5,0.25', (v) => Math.min(Math.max(v, -0.5), 0.25)],
  ['9=4', sigmoid],
  ['9=5', (v) => v * Math.tanh(Math.log(1 + Math.exp(v)))],
  ['9=6 -23310=2,0.2,0.5', (v) => v * clamp(0.2 * v + 0.5, 1)],
])('a convolution with the activation %s within', async (activation, value) => {
  const weights = numbers(81, 3);
  const linear = convolve(x, 3, 3, 1, weights, []);
  await expectOutput(
    [`Convolution c 1 1 data out 0=3 1=3 4=1 6=81 ${activation}`],
    [{ half: weights }],
    map(linear, value),
  );
});

it('a depthwise convolution, and one of groups of channels', async () => {
  const weights = numbers(27, 1);
  await expectOutput(
    ['ConvolutionDepthWise c 1 1 data out 0=3 1=3 4=1 6=27 7=3'],
    [{ raw: weights }],
    fill(planes(3, 6, 8), (c, i, j) => {
      let sum = 0;
      for (let a = 0; a < 3; a++)
        for (let b = 0; b < 3; b++) sum += outside(x, c, i + a - 1, j + b - 1) * weights[c * 9 + a * 3 + b]!;
      return sum;
    }),
  );
  // Six channels in two groups: each output sees three of them.
  const groups = numbers(9 * 2, 2).slice(0, 18);
  await expectOutput(
    [
      'Split s 1 2 data a b',
      'Concat cat 2 1 a b six',
      'ConvolutionDepthWise c 1 1 six wide 0=6 1=1 6=18 7=2',
      'Crop k 1 1 wide out -23309=1,2 -23310=1,5 -23311=1,0',
    ],
    [{ raw: groups }],
    fill(planes(3, 6, 8), (c, i, j) =>
      [0, 1, 2].reduce((sum, k) => sum + at(x, k, i, j) * groups[(c + 2) * 3 + k]!, 0),
    ),
  );
});

/** By the definition: every input value is spread over the kernel's places. */
function deconvolve(
  input: Planes,
  { outputs, k, stride, pad, groups }: { outputs: number; k: number; stride: number; pad: number; groups: number },
  weights: number[],
  bias: number[],
): Planes {
  const result = fill(
    planes(outputs, (input.h - 1) * stride + k - 2 * pad, (input.w - 1) * stride + k - 2 * pad),
    (c) => bias[c]!,
  );
  const inputs = input.c / groups;
  for (let o = 0; o < outputs; o++) {
    const group = Math.floor(o / (outputs / groups));
    for (let q = 0; q < inputs; q++) {
      for (let i = 0; i < input.h; i++)
        for (let j = 0; j < input.w; j++)
          for (let a = 0; a < k; a++)
            for (let b = 0; b < k; b++) {
              const [y, xx] = [i * stride + a - pad, j * stride + b - pad];
              if (y >= 0 && xx >= 0 && y < result.h && xx < result.w)
                result.data[(o * result.h + y) * result.w + xx]! +=
                  at(input, group * inputs + q, i, j) * weights[((o * inputs + q) * k + a) * k + b]!;
            }
    }
  }
  return result;
}

it('a deconvolution, plain and in groups', async () => {
  const weights = numbers(3 * 3 * 16, 4);
  const bias = [0.5, -0.25, 1];
  await expectOutput(
    ['Deconvolution d 1 1 data out 0=3 1=4 3=2 4=1 5=1 6=144'],
    [{ half: weights }, { bare: bias }],
    deconvolve(x, { outputs: 3, k: 4, stride: 2, pad: 1, groups: 1 }, weights, bias),
  );
  const own = numbers(3 * 4, 5);
  await expectOutput(
    ['DeconvolutionDepthWise d 1 1 data out 0=3 1=2 3=2 5=1 6=12 7=3'],
    [{ raw: own }, { bare: bias }],
    deconvolve(x, { outputs: 3, k: 2, stride: 2, pad: 0, groups: 3 }, own, bias),
  );
});

it('a channel attention: global pooling, inner products, a product', async () => {
  const [w1, w2] = [numbers(6, 1), numbers(6, 2)];
  const means = [0, 1, 2].map((c) => x.data.slice(c * 48, c * 48 + 48).reduce((sum, v) => sum + v, 0) / 48);
  const hidden = [0, 1].map((o) =>
    Math.max(
      0,
      means.reduce((sum, m, c) => sum + m * w1[o * 3 + c]!, [0.5, 0.25][o]!),
    ),
  );
  const gates = [0, 1, 2].map((o) => sigmoid(hidden.reduce((sum, v, c) => sum + v * w2[o * 2 + c]!, 0)));
  const attention = [
    'Split s 1 2 data a b',
    'Pooling p 1 1 a gap 0=1 4=1',
    'InnerProduct i1 1 1 gap h 0=2 1=1 2=6 9=1',
    'InnerProduct i2 1 1 h g 0=3 2=6 9=4',
  ];
  const chunks = [{ half: w1 }, { bare: [0.5, 0.25] }, { half: w2 }];
  const expected = map(x, (v, c) => v * gates[c]!);
  await expectOutput([...attention, 'BinaryOp m 2 1 b g out 0=2'], chunks, expected);
  await expectOutput([...attention, 'Scale m 2 1 b g out 0=-233'], chunks, expected);
});

it('poolings of windows', async () => {
  const windows = (kind: (values: number[]) => number) =>
    fill(planes(3, 3, 4), (c, i, j) =>
      kind([
        at(x, c, 2 * i, 2 * j),
        at(x, c, 2 * i, 2 * j + 1),
        at(x, c, 2 * i + 1, 2 * j),
        at(x, c, 2 * i + 1, 2 * j + 1),
      ]),
    );
  await expectOutput(
    ['Pooling p 1 1 data out 0=0 1=2 2=2 5=1'],
    [],
    windows((v) => Math.max(...v)),
  );
  await expectOutput(
    ['Pooling p 1 1 data out 0=1 1=2 2=2'],
    [],
    windows((v) => v.reduce((a, b) => a + b) / 4),
  );
  // Padding counts as zeros, or not at all.
  const padded = (count: (inside: number) => number) =>
    fill(planes(3, 6, 8), (c, i, j) => {
      const near = [-1, 0, 1]
        .flatMap((a) => [-1, 0, 1].map((b) => [i + a, j + b] as const))
        .filter(([a, b]) => a >= 0 && b >= 0 && a < 6 && b < 8);
      return near.reduce((sum, [a, b]) => sum + at(x, c, a, b), 0) / count(near.length);
    });
  await expectOutput(
    ['Pooling p 1 1 data out 0=1 1=3 3=1 5=1 6=1'],
    [],
    padded(() => 9),
  );
  await expectOutput(
    ['Pooling p 1 1 data out 0=1 1=3 3=1 5=1'],
    [],
    padded((inside) => inside),
  );
});

it('a pixel-unshuffle in both orders of channels', async () => {
  const back = (mode: number) => [
    `Reorg r 1 1 data deep 0=2 1=${mode}`,
    `Crop k 1 1 deep out -23309=1,4 -23310=1,7 -23311=1,0`,
  ];
  // Channels 4 to 6 of 12: the second channel of the picture, or the second place of a block.
  await expectOutput(
    back(0),
    [],
    fill(planes(3, 3, 4), (c, i, j) => at(x, 1, 2 * i + (c >> 1), 2 * j + (c & 1))),
  );
  await expectOutput(
    back(1),
    [],
    fill(planes(3, 3, 4), (c, i, j) => {
      const k = c + 4;
      const place = Math.floor(k / 3);
      return at(x, k % 3, 2 * i + (place >> 1), 2 * j + (place & 1));
    }),
  );
});

it('paddings, and crops that take them away again', async () => {
  const at0 = (v: number) =>
    fill(planes(3, 9, 11), (c, i, j) => (i < 1 || j < 2 || i > 6 || j > 9 ? v : at(x, c, i - 1, j - 2)));
  const reflect = (v: number, size: number) => (v < 0 ? -v : v >= size ? 2 * size - 2 - v : v);
  await expectOutput(['Padding p 1 1 data out 0=1 1=2 2=2 3=1 5=0.5'], [], at0(0.5));
  await expectOutput(
    ['Padding p 1 1 data out 0=1 1=2 2=2 3=1 4=1'],
    [],
    fill(planes(3, 9, 11), (c, i, j) => at(x, c, clamp(i - 1, 5), clamp(j - 2, 7))),
  );
  await expectOutput(
    ['Padding p 1 1 data out 0=1 1=2 2=2 3=1 4=2'],
    [],
    fill(planes(3, 9, 11), (c, i, j) => at(x, c, reflect(i - 1, 6), reflect(j - 2, 8))),
  );
  const pad = 'Padding p 1 1 a wide 0=1 1=2 2=2 3=1';
  for (const cut of [
    ['Crop k 1 1 wide out -23309=2,1,2 -23310=2,-2,-1 -23311=2,1,2'],
    ['Crop k 1 1 wide out -23309=2,2,1 -23310=2,-1,-2 -23311=2,-1,-2'],
    ['Crop k 1 1 wide out 0=2 1=1 3=-233 4=-233 6=1 7=2'],
    ['Crop k 2 1 wide b out 0=2 1=1'],
  ]) {
    const [split, reference] = cut[0]!.includes(' b ') ? ['Split s 1 2 data a b', []] : ['Split s 1 1 data a', []];
    await expectOutput([split, pad, ...cut, ...reference], [], x);
  }
});

it('a network that sees past its picture is given one whose edge is repeated', async () => {
  const weights = numbers(81 + 81, 6);
  const lines = ['Convolution c 1 1 data a 0=3 1=3 6=81', 'Convolution d 1 1 a out 0=3 1=3 6=81'];
  const wide = fill(planes(3, 10, 12), (c, i, j) => at(x, c, clamp(i - 2, 5), clamp(j - 2, 7)));
  const expected = convolve(convolve(wide, 3, 3, 0, weights.slice(0, 81), []), 3, 3, 0, weights.slice(81), []);
  await expectOutput(lines, [{ raw: weights.slice(0, 81) }, { raw: weights.slice(81) }], expected);
});

/** A small U-Net in the manner of Real-CUGAN's x2. */
it('what a network with strides, crops and deconvolutions needs around a picture shows in its layers', async () => {
  const lines = [
    'Convolution a 1 1 data 1 0=4 1=3 6=108',
    'Split s 1 2 1 2 3',
    'Convolution b 1 1 2 4 0=4 1=2 3=2 6=64',
    'Convolution c 1 1 4 5 0=4 1=3 6=144',
    'Deconvolution d 1 1 5 6 0=4 1=2 3=2 6=64',
    'Crop e 1 1 3 7 -23309=2,2,2 -23310=2,-2,-2 -23311=2,1,2',
    'BinaryOp f 2 1 6 7 8',
    'Deconvolution g 1 1 8 out 0=3 1=4 3=2 4=3 6=192',
  ];
  const chunks = [108, 64, 144, 64, 192].map((count, seed) => ({ raw: numbers(count, seed) }));
  const bytes = convertNcnn(paramText(['Input in 0 1 data', ...lines]), binBytes(chunks));
  const output = await runOnnx(bytes, picture(8, 12));
  expect([output.c, output.h, output.w]).toEqual([3, 16, 24]);
});
