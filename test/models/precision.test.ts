import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { argv } from '../../src/lib/argv.js';
import { wrapForFrames } from '../../src/models/graph.js';
import { convertNcnn } from '../../src/models/ncnn/convert.js';
import { floats, integers, model, node, value } from '../../src/models/onnx/build.js';
import { halfToFloat } from '../../src/models/onnx/half.js';
import {
  decodeModel,
  encodeModel,
  FLOAT,
  FLOAT16,
  type Graph,
  type Node,
  type OnnxModel,
  type Tensor as Weight,
} from '../../src/models/onnx/schema.js';
import { convertPrecision } from '../../src/models/precision.js';
import { hasSharedMedia, sharedFile } from '../support/media.js';

/** A network from `input` to `output`. */
const network = (nodes: Node[], initializer: Weight[] = [], opset = 17): OnnxModel =>
  model(
    {
      name: 'net',
      node: nodes,
      initializer,
      input: [value('input', FLOAT, [1, 3, 'h', 'w'])],
      output: [value('output', FLOAT, [1, 3, 'oh', 'ow'])],
    },
    opset,
  );

/** As after a file was read: the converter works on that. */
const read = (made: OnnxModel): OnnxModel => decodeModel(encodeModel(made));

/** The network between 16-bit frames. */
async function frames(made: OnnxModel, precision: 'fp32' | 'fp16', width: number, height: number, scale = 1) {
  const notices: string[] = [];
  const bytes = wrapForFrames(encodeModel(made), {
    pixels: 'rgb',
    bitDepth: 16,
    precision,
    blend: 0,
    scale,
    onNotice: (notice) => {
      notices.push(notice);
    },
  });
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const data = Uint16Array.from({ length: 3 * width * height }, (_, i) => (i * 40_503) % 65_536);
  const { upscaled, nan } = await session.run({ frame: new Tensor('uint16', data, [1, 3, height, width]) });
  await session.release();
  return { data: upscaled?.data as Uint16Array, dims: upscaled?.dims, nan: nan?.data[0], notices };
}

function psnr(a: ArrayLike<number>, b: ArrayLike<number>, white: number): number {
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return 10 * Math.log10((white * white * a.length) / sum);
}

const weights = (name: string, dims: number[], spread = 0.2): Weight =>
  floats(
    name,
    dims,
    Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => spread * Math.sin(i * 12.9898)),
  );

/** What RRDBNet and SRVGGNet are made of. */
const usual = (): OnnxModel =>
  network(
    [
      node('Conv', ['input', 'w1', 'b1'], ['c1'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node('PRelu', ['c1', 'slope'], ['p1']),
      node('Conv', ['p1', 'w2'], ['c2'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node('DepthToSpace', ['c2'], ['d2s'], { blocksize: 2, mode: 'CRD' }),
      node('Resize', ['input', '', 'scales'], ['larger'], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
      node('Add', ['d2s', 'larger'], ['output']),
    ],
    [
      weights('w1', [8, 3, 3, 3]),
      weights('b1', [8]),
      weights('slope', [8, 1, 1]),
      weights('w2', [12, 8, 3, 3]),
      floats('scales', [4], [1, 1, 2, 2]),
    ],
  );

const typesOf = (graph: Graph): Record<string, number> =>
  Object.fromEntries(graph.initializer.map(({ name, dataType }) => [name, dataType]));

it('weights and picture become half precision, scales do not', async () => {
  const half = read(usual());
  half.graph.valueInfo = [value('c1', FLOAT, [1, 8, 'h', 'w'])];
  expect(convertPrecision(half, 'fp16')).toEqual({ clipped: 0 });
  expect(typesOf(half.graph)).toEqual({ w1: FLOAT16, b1: FLOAT16, slope: FLOAT16, w2: FLOAT16, scales: FLOAT });
  expect(
    [...half.graph.input, ...half.graph.output, ...half.graph.valueInfo].map(({ type }) => type?.tensorType?.elemType),
  ).toEqual([FLOAT16, FLOAT16, FLOAT16]);
  const [full, halved] = [await frames(usual(), 'fp32', 21, 13, 2), await frames(usual(), 'fp16', 21, 13, 2)];
  expect(halved.dims).toEqual([1, 3, 26, 42]);
  expect(Buffer.compare(Buffer.from(halved.data.buffer), Buffer.from(full.data.buffer))).not.toBe(0);
  expect(psnr(full.data, halved.data, 65_535)).toBeGreaterThan(60);
});

it('a file in half precision can compute in either, and comes back to float32', async () => {
  const half = read(usual());
  convertPrecision(half, 'fp16');
  const asItIs = await frames(half, 'fp16', 21, 13, 2);
  expect(asItIs.data).toEqual((await frames(usual(), 'fp16', 21, 13, 2)).data);
  const back = read(half);
  convertPrecision(back, 'fp32');
  expect(new Set(Object.values(typesOf(back.graph)))).toEqual(new Set([FLOAT]));
  const full = await frames(half, 'fp32', 21, 13, 2);
  expect(psnr((await frames(usual(), 'fp32', 21, 13, 2)).data, full.data, 65_535)).toBeGreaterThan(60);
});

it('arithmetic on sizes is not rounded: half precision counts to 2048 only', async () => {
  const sized = (): OnnxModel =>
    network(
      [
        node('Shape', ['input'], ['shape']),
        node('Cast', ['shape'], ['sizes'], { to: FLOAT }),
        node('Mul', ['sizes', 'factors'], ['larger']),
        node('Cast', ['larger'], ['wanted'], { to: 7 }),
        node('Resize', ['input', '', '', 'wanted'], ['output'], {
          mode: 'nearest',
          coordinate_transformation_mode: 'asymmetric',
          nearest_mode: 'floor',
        }),
      ],
      [floats('factors', [4], [1, 1, 3, 3])],
    );
  const { dims, data } = await frames(sized(), 'fp16', 1025, 2, 3);
  expect(dims).toEqual([1, 3, 6, 3075]);
  expect(psnr((await frames(sized(), 'fp32', 1025, 2, 3)).data, data, 65_535)).toBeGreaterThan(60);
});

it('a number that follows from the size is cast where it meets the picture', async () => {
  const made = (): OnnxModel =>
    network(
      [
        node('Shape', ['input'], ['shape']),
        node('Gather', ['shape', 'last'], ['width'], { axis: 0 }),
        node('Cast', ['width'], ['wide'], { to: FLOAT }),
        node('Mul', ['input', 'wide'], ['bright']),
        node('Div', ['bright', 'wide'], ['output']),
      ],
      [integers('last', [], [3])],
    );
  const { data } = await frames(made(), 'fp16', 16, 8);
  expect(psnr((await frames(made(), 'fp32', 16, 8)).data, data, 65_535)).toBeGreaterThan(60);
});

it('a weight that is used as a scale too gets a second self', async () => {
  const made = (): OnnxModel =>
    network(
      [
        node('Resize', ['input', '', 'both'], ['larger'], {
          mode: 'nearest',
          coordinate_transformation_mode: 'asymmetric',
          nearest_mode: 'floor',
        }),
        node('ReduceMax', ['both'], ['most'], { keepdims: 0 }),
        node('Slice', ['both', 'from', 'to'], ['two']),
        node('Mul', ['larger', 'most'], ['brighter']),
        node('Div', ['brighter', 'two'], ['output']),
      ],
      [floats('both', [4], [1, 1, 2, 2]), integers('from', [1], [3]), integers('to', [1], [4])],
    );
  const { data, dims } = await frames(made(), 'fp16', 7, 5, 2);
  expect(dims).toEqual([1, 3, 10, 14]);
  expect(psnr((await frames(made(), 'fp32', 7, 5, 2)).data, data, 65_535)).toBeGreaterThan(60);
});

it('constants are converted like weights, and casts to float32 like what they are used with', async () => {
  const constant = (name: string, tensor: Weight): Node => ({
    ...node('Constant', [], [name]),
    attribute: [{ name: 'value', type: 4, t: tensor }],
  });
  const made = (): OnnxModel =>
    network([
      constant('half', floats('', [], [0.5])),
      { ...node('Constant', [], ['more']), attribute: [{ name: 'value_float', type: 1, f: 0.25 }] },
      node('Mul', ['input', 'half'], ['a']),
      node('Add', ['a', 'more'], ['b']),
      node('Greater', ['b', 'half'], ['lit']),
      node('Cast', ['lit'], ['one'], { to: FLOAT }),
      node('Mul', ['one', 'b'], ['output']),
    ]);
  const half = read(made());
  convertPrecision(half, 'fp16');
  expect(typesOf(half.graph)).toEqual({ half: FLOAT16, more: FLOAT16 });
  expect(
    half.graph.initializer.map(({ rawData }) =>
      halfToFloat(new DataView(Uint8Array.from(rawData ?? []).buffer).getUint16(0, true)),
    ),
  ).toEqual([0.5, 0.25]);
  const { data } = await frames(made(), 'fp16', 9, 9);
  expect(psnr((await frames(made(), 'fp32', 9, 9)).data, data, 65_535)).toBeGreaterThan(50);
});

it('weights beyond the range are clipped to it, and told', async () => {
  const made = network(
    [node('Mul', ['input', 'large'], ['a']), node('Mul', ['a', 'small'], ['output'])],
    [floats('large', [3, 1, 1], [1e6, -70_000, 2]), floats('small', [3, 1, 1], [1e-5, 0, 0.5])],
  );
  const { notices } = await frames(made, 'fp16', 8, 8);
  expect(notices).toEqual(['2 weights of the model are beyond the range of half precision and were clipped to it']);
  expect((await frames(made, 'fp32', 8, 8)).notices).toEqual([]);
});

it('networks with branches are refused, but computed in what they are', async () => {
  const branch = (op: string): Graph =>
    model({
      name: op,
      node: [node(op, ['input'], [op])],
      initializer: [],
      input: [],
      output: [value(op, FLOAT, [1, 3, 'h', 'w'])],
    }).graph;
  const choose = node('If', ['yes'], ['output']);
  choose.attribute = [
    { name: 'then_branch', type: 5, g: branch('Neg') },
    { name: 'else_branch', type: 5, g: branch('Abs') },
  ];
  const made = network([
    node('ReduceMin', ['input'], ['least'], { keepdims: 0 }),
    node('Cast', ['least'], ['yes'], { to: 9 }),
    choose,
  ]);
  expect(() => convertPrecision(read(made), 'fp16')).toThrow('has branches or loops, which are not converted to fp16');
  expect((await frames(made, 'fp32', 4, 4)).nan).toBe(0);
});

const weightsFile = sharedFile('models/realesr-animevideov3-x4.bin');
it.skipIf(!hasSharedMedia || !existsSync(weightsFile))(
  'Real-ESRGAN in half precision is within 50 dB of itself on a real picture',
  async () => {
    const onnx = convertNcnn(
      readFileSync(sharedFile('models/realesr-animevideov3-x4.param'), 'utf8'),
      readFileSync(weightsFile),
    );
    const [width, height] = [128, 96];
    const picture = execFileSync(
      'ffmpeg',
      argv`
      -loglevel error -nostdin -i ${sharedFile('clips/live/mdn-rabbit-320x240-aac-8s.mp4')}
      -vf crop=${width}:${height}:96:72,format=gbrp -frames:v 1 -f rawvideo pipe:1
    `,
    );
    const results: Uint8Array[] = [];
    for (const precision of ['fp32', 'fp16'] as const) {
      const session = await InferenceSession.create(
        wrapForFrames(onnx, { pixels: 'rgb', bitDepth: 8, precision, blend: 0, scale: 4 }),
        { logSeverityLevel: 4 },
      );
      const { upscaled } = await session.run({
        frame: new Tensor('uint8', new Uint8Array(picture), [1, 3, height, width]),
      });
      await session.release();
      results.push(upscaled?.data as Uint8Array);
    }
    expect(psnr(results[0] ?? [], results[1] ?? [], 255)).toBeGreaterThan(50);
  },
);
