import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { type FrameGraphOptions, wrapForFrames } from '../../src/models/graph.js';
import { convertNcnn } from '../../src/models/ncnn/convert.js';
import { floats, model, node, value } from '../../src/models/onnx/build.js';
import { decodeModel, encodeModel, FLOAT, type Graph, type Node } from '../../src/models/onnx/schema.js';
import { scratchFolder, sharedFile } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const folder = scratchFolder();
const W = 17;
const H = 12;
/** Planes G, B, R. */
const frame = Uint8Array.from({ length: 3 * W * H }, (_, i) => (i * 151 + (i >> 4)) % 256);

async function run(bytes: Uint8Array, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

const plain: FrameGraphOptions = { pixels: 'rgb', bitDepth: 8, precision: 'fp32', blend: 0, scale: 1 };
const runWrapped = (bytes: Uint8Array, options: Partial<FrameGraphOptions> = {}) =>
  run(wrapForFrames(bytes, { ...plain, ...options }), { frame: new Tensor('uint8', frame, [1, 3, H, W]) });

/** Moves whole planes: plane i of the result is plane order[i] of the input. */
function reorder<T extends Uint8Array | Float32Array>(planes: T, order: number[]): T {
  const size = planes.length / 3;
  const result = planes.slice() as T;
  order.forEach((from, to) => {
    result.set(planes.subarray(from * size, (from + 1) * size), to * size);
  });
  return result;
}

/** What the frame graph promises, done by hand around the plain network. */
async function byHand(
  bytes: Uint8Array,
  inputName: string,
  outputName: string,
): Promise<{ dims: readonly number[]; data: Uint8Array }> {
  const rgb = reorder(
    Float32Array.from(frame, (v) => v / 255),
    [2, 0, 1],
  );
  const output = (await run(bytes, { [inputName]: new Tensor('float32', rgb, [1, 3, H, W]) }))[outputName] as Tensor;
  const pixels = Uint8Array.from(output.data as Float32Array, (v) =>
    roundHalfToEven(Math.fround(Math.min(Math.max(v, 0), 1) * 255)),
  );
  return { dims: output.dims, data: reorder(pixels, [1, 2, 0]) };
}

const roundHalfToEven = (v: number): number => (v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v));

async function expectExact(bytes: Uint8Array, inputName = 'input', outputName = 'output'): Promise<void> {
  const expected = await byHand(bytes, inputName, outputName);
  const { upscaled, nan } = await runWrapped(bytes);
  expect(upscaled?.dims).toEqual(expected.dims);
  expect(Buffer.compare(upscaled?.data as Uint8Array, expected.data)).toBe(0);
  expect(nan?.data).toEqual(Uint8Array.of(0));
}

interface Small {
  opset?: number;
  nodes?: Node[];
  names?: [string, string];
}

/** A 3x3 convolution that leaves 0..1 in both directions, with names of its own. */
function small({ opset = 17, nodes, names: [input, output] = ['input', 'output'] }: Small = {}) {
  return model(
    {
      name: 'small',
      node: nodes ?? [node('Conv', [input, 'white'], [output], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })],
      initializer: [
        floats(
          'white',
          [3, 3, 3, 3],
          Array.from({ length: 81 }, (_, i) => ((i * 37) % 23) / 11 - 1),
        ),
      ],
      input: [value(input, FLOAT, [1, 3, 'h', 'w'])],
      output: [value(output, FLOAT, [1, 3, 'h', 'w'])],
    },
    opset,
  );
}

it('the frame graph leaves every byte of a picture as it is', async () => {
  const bytes = readFileSync(await tinyModel(path.join(folder, 'same.onnx'), { scale: 1 }));
  const { upscaled, nan } = await runWrapped(bytes);
  expect(upscaled?.data).toEqual(frame);
  expect(nan?.type).toBe('uint8');
  expect(nan?.dims).toEqual([]);
});

it.each([2, 3])('the frame graph equals preparing and finishing by hand, at scale %i', async (scale) => {
  await expectExact(readFileSync(await tinyModel(path.join(folder, `x${scale}.onnx`), { scale })));
});

it('the frame graph clips what leaves 0..1 and rounds halves to even', async () => {
  await expectExact(encodeModel(small()));
  const half = small({ nodes: [node('Mul', ['input', 'half'], ['output'])] });
  half.graph.initializer.push(floats('half', [], [0.5]));
  await expectExact(encodeModel(half));
});

it('channels keep their place: a network that shows red only leaves the last plane', async () => {
  const red = small({ nodes: [node('Mul', ['input', 'mask'], ['output'])] });
  red.graph.initializer.push(floats('mask', [3, 1, 1], [1, 0, 0]));
  const { upscaled } = await runWrapped(encodeModel(red));
  const expected = frame.slice().fill(0, 0, 2 * W * H);
  expect(upscaled?.data).toEqual(expected);
});

it.each([7, 10, 11, 12, 13, 17])('networks of operator set %i can be wrapped', async (opset) => {
  await expectExact(encodeModel(small({ opset })));
});

it('without half precision and blend the graph holds nothing for them', () => {
  const { graph } = decodeModel(wrapForFrames(encodeModel(small()), plain));
  expect(graph.node.map(({ opType }) => opType)).toEqual([
    'Cast',
    'Div',
    'Conv',
    'Clip',
    'Mul',
    'Round',
    'Cast',
    'ReduceMean',
    'Sub',
    'IsNaN',
    'Cast',
  ]);
});

it('samples of 16 bits go in and come out', async () => {
  const deep = Uint16Array.from({ length: 3 * W * H }, (_, i) => (i * 40_503) % 65_536);
  const same = readFileSync(await tinyModel(path.join(folder, 'same16.onnx'), { scale: 1 }));
  const { upscaled } = await run(wrapForFrames(same, { ...plain, bitDepth: 16 }), {
    frame: new Tensor('uint16', deep, [1, 3, H, W]),
  });
  expect(upscaled?.data).toEqual(deep);
  const brighter = small({ nodes: [node('Mul', ['input', 'two'], ['output'])] });
  brighter.graph.initializer.push(floats('two', [], [2]));
  const doubled = await run(wrapForFrames(encodeModel(brighter), { ...plain, bitDepth: 16 }), {
    frame: new Tensor('uint16', deep, [1, 3, H, W]),
  });
  expect(doubled['upscaled']?.data).toEqual(deep.map((sample) => Math.min(2 * sample, 65_535)));
});

it('a luma network sees the one plane there is', async () => {
  const bytes = readFileSync(await tinyModel(path.join(folder, 'luma.onnx'), { scale: 2, channels: 1 }));
  const plane = frame.slice(0, W * H);
  const { upscaled, nan } = await run(wrapForFrames(bytes, { ...plain, pixels: 'luma', scale: 2 }), {
    frame: new Tensor('uint8', plane, [1, 1, H, W]),
  });
  expect(upscaled?.dims).toEqual([1, 1, 2 * H, 2 * W]);
  expect(upscaled?.data).toEqual(
    Uint8Array.from(
      { length: 4 * W * H },
      (_, i) => plane[Math.floor(Math.floor(i / (2 * W)) / 2) * W + Math.floor((i % (2 * W)) / 2)] as number,
    ),
  );
  expect(nan?.data).toEqual(Uint8Array.of(0));
});

/** One sample of cv2.INTER_CUBIC: half-pixel centres, A = -0.75, the edge repeated. */
function bicubic(plane: ArrayLike<number>, x: number, y: number, scale: number): number {
  const A = -0.75;
  const taps = (position: number, size: number): [number, number][] => {
    const at = (position + 0.5) / scale - 0.5;
    const first = Math.floor(at) - 1;
    return [0, 1, 2, 3].map((i): [number, number] => {
      const d = Math.abs(at - first - i);
      const weight = d <= 1 ? ((A + 2) * d - (A + 3)) * d * d + 1 : ((A * d - 5 * A) * d + 8 * A) * d - 4 * A;
      return [Math.min(Math.max(first + i, 0), size - 1), weight];
    });
  };
  return taps(y, H).reduce(
    (sum, [row, down]) =>
      sum +
      down * taps(x, W).reduce((line, [column, across]) => line + across * (plane[row * W + column] as number), 0),
    0,
  );
}

it.each([
  [0.3, 2, 'fp32', 17],
  [1, 3, 'fp32', 11],
  [0.5, 4, 'fp16', 17],
] as const)(
  'a blend of %d mixes with bicubic at scale %i in %s, operator set %i',
  async (blend, scale, precision, opset) => {
    const bytes = readFileSync(await tinyModel(path.join(folder, `blend${scale}.onnx`), { scale }));
    const file = decodeModel(bytes);
    file.opsetImport = [{ domain: '', version: opset }];
    const { upscaled } = await runWrapped(encodeModel(file), { blend, scale, precision });
    expect(upscaled?.dims).toEqual([1, 3, H * scale, W * scale]);
    const data = upscaled?.data as Uint8Array;
    const [wide, high] = [W * scale, H * scale];
    let furthest = 0;
    for (let i = 0; i < data.length; i++) {
      const [x, y, plane] = [i % wide, Math.floor(i / wide) % high, Math.floor(i / (wide * high))];
      const samples = frame.subarray(plane * W * H, (plane + 1) * W * H);
      const network = samples[Math.floor(y / scale) * W + Math.floor(x / scale)] as number;
      const expected = Math.min(Math.max((1 - blend) * network + blend * bicubic(samples, x, y, scale), 0), 255);
      furthest = Math.max(furthest, Math.abs((data[i] as number) - expected));
    }
    expect(furthest).toBeLessThan(precision === 'fp32' ? 0.51 : 0.6);
  },
);

it('names that the frame graph uses itself do no harm', async () => {
  await expectExact(encodeModel(small({ names: ['frame', 'upscaled'] })), 'frame', 'upscaled');
  await expectExact(encodeModel(small({ names: ['nan', 'clipped'] })), 'nan', 'clipped');
});

it('weights that are listed among the inputs, as old files have them, stay weights', async () => {
  const old = small({ opset: 11 });
  old.irVersion = 3;
  old.graph.input.unshift(value('white', FLOAT, [3, 3, 3, 3]));
  await expectExact(encodeModel(old));
});

it('values that a branch sees around it are still found', async () => {
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
  const decide = [
    node('ReduceMin', ['input'], ['least'], { keepdims: 0 }),
    node('Cast', ['least'], ['yes'], { to: 9 }),
    choose,
  ];
  await expectExact(encodeModel(small({ nodes: decide })));
});

it('what the schema here does not name survives', () => {
  const metadata = Buffer.from('\x72\x08\x0a\x01k\x12\x03abc', 'latin1'); // metadata_props { key: "k" value: "abc" }
  const bytes = Buffer.concat([encodeModel(small()), metadata]);
  expect(Buffer.from(encodeModel(decodeModel(bytes))).includes(metadata)).toBe(true);
  expect(Buffer.from(wrapForFrames(bytes, plain)).includes(metadata)).toBe(true);
});

it('a single NaN or infinity in the output is told', async () => {
  expect(
    (await runWrapped(readFileSync(await tinyModel(path.join(folder, 'nan.onnx'), { output: 'nan' }))))['nan']?.data,
  ).toEqual(Uint8Array.of(1));
  // 1 / x is infinite where a sample is 0; the square root of a negative number is NaN.
  const bytes = (op: string) => encodeModel(small({ nodes: [node(op, ['input'], ['output'])] }));
  expect(frame.includes(0)).toBe(true);
  expect((await runWrapped(bytes('Reciprocal')))['nan']?.data).toEqual(Uint8Array.of(1));
  expect(
    (
      await runWrapped(encodeModel(small({ nodes: [node('Neg', ['input'], ['n']), node('Sqrt', ['n'], ['output'])] })))
    )['nan']?.data,
  ).toEqual(Uint8Array.of(1));
  expect((await runWrapped(bytes('Neg')))['nan']?.data).toEqual(Uint8Array.of(0));
});

it.each([
  [
    'two inputs',
    () => {
      const m = small();
      m.graph.input.push(value('more', FLOAT, [1]));
      return m;
    },
    /has 2 inputs/,
  ],
  [
    'two outputs',
    () => {
      const m = small();
      m.graph.output.push(value('more', FLOAT, [1]));
      return m;
    },
    /has 2 outputs/,
  ],
  ['an operator set that is too old', () => small({ opset: 6 }), /operator set 6/],
])('a network with %s is refused', (_, make, message) => {
  expect(() => wrapForFrames(encodeModel(make()), plain)).toThrow(message);
});

it('bytes that are no ONNX file are refused', () => {
  for (const text of ['', 'hello, this is text', '{}'])
    expect(() => wrapForFrames(Buffer.from(text), plain)).toThrow();
});

it.skipIf(!existsSync(sharedFile('models/realesr-animevideov3-x4.bin')))(
  'Real-ESRGAN wrapped equals Real-ESRGAN by hand',
  async () => {
    await expectExact(
      convertNcnn(
        readFileSync(sharedFile('models/realesr-animevideov3-x2.param'), 'utf8'),
        readFileSync(sharedFile('models/realesr-animevideov3-x4.bin')),
      ),
    );
  },
);
