import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { UserError } from '../../src/lib/errors.js';
import { inspectModel } from '../../src/models/inspect.js';
import { floats, integers, model, node, value } from '../../src/models/onnx/build.js';
import { encodeModel, FLOAT, FLOAT16, type Node, UINT8 } from '../../src/models/onnx/schema.js';
import { scratchFolder, sharedFile } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const folder = scratchFolder();

interface Shape {
  input?: (number | string)[];
  elemType?: number;
  factors?: number[];
  opset?: number;
}

/** A resize, described as asked for. */
async function resizer(
  name: string,
  { input = [1, 3, 'h', 'w'], elemType = FLOAT, factors = [1, 1, 2, 2], opset = 17 }: Shape,
): Promise<string> {
  const same = elemType === FLOAT || elemType === FLOAT16;
  return network(
    name,
    [
      ...(same ? [] : [node('Cast', ['input'], ['float'], { to: FLOAT })]),
      node('Resize', [same ? 'input' : 'float', '', 'scales'], ['output'], { mode: 'nearest' }),
    ],
    { input, elemType, output: same ? elemType : FLOAT, factors, opset },
  );
}

interface Described extends Required<Shape> {
  /** Element type. */
  output: number;
}

async function network(
  name: string,
  nodes: Node[],
  {
    input = [1, 3, 'h', 'w'],
    elemType = FLOAT,
    output = FLOAT,
    factors = [1, 1, 2, 2],
    opset = 17,
  }: Partial<Described> = {},
): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(
    file,
    encodeModel(
      model(
        {
          name: 'described',
          node: nodes,
          initializer: [
            floats('scales', [factors.length], factors),
            floats(
              'weights',
              [3, 3, 3, 3],
              Array.from({ length: 81 }, (_, i) => i / 81),
            ),
            integers('pads', [8], [0, 0, 1, 1, 0, 0, 1, 1]),
            integers('order', [3], [2, 0, 7]),
          ],
          input: [value('input', elemType, input)],
          output: [
            value(
              'output',
              output,
              input.map((_, i) => `out${i}`),
            ),
          ],
        },
        opset,
      ),
    ),
  );
  return file;
}

const conv = (from: string, to: string, attributes = {}): Node =>
  node('Conv', [from, 'weights'], [to], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], ...attributes });
const resize = (from: string, to: string): Node =>
  node('Resize', [from, '', 'scales'], [to], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });

it.each([1, 2, 4])('the scale of a usable network is found: %i', async (scale) => {
  const inspected = await inspectModel(await tinyModel(path.join(folder, `x${scale}.onnx`), { scale }));
  // One convolution of 3x3 from 3 channels to 3.
  expect(inspected).toMatchObject({
    scale,
    pixels: 'rgb',
    precision: 'fp32',
    alignment: 1,
    radius: 1,
    parameters: 81,
  });
  expect(inspected).not.toHaveProperty('fixed');
  expect(inspected.bytesPerPixel).toBeGreaterThanOrEqual(3 * 4 * scale ** 2);
  expect(inspected.bytesPerPixel).toBeLessThan(5000);
});

it('a network for one size is told apart', async () => {
  expect(await inspectModel(await resizer('fixed.onnx', { input: [1, 3, 8, 12] }))).toMatchObject({
    scale: 2,
    fixed: { height: 8, width: 12 },
  });
  expect(await inspectModel(await resizer('rows.onnx', { input: [1, 3, 8, 'w'] }))).toMatchObject({
    scale: 2,
    fixed: { height: 8, width: 8 },
  });
  const batch = await inspectModel(await resizer('batch.onnx', { input: ['n', 3, 'h', 'w'] }));
  expect(batch.scale).toBe(2);
  expect(batch).not.toHaveProperty('fixed');
});

it('a network of the luma plane and one in half precision are told apart', async () => {
  expect(await inspectModel(await resizer('luma.onnx', { input: [1, 1, 'h', 'w'] }))).toMatchObject({
    pixels: 'luma',
    precision: 'fp32',
    scale: 2,
  });
  expect(await inspectModel(await resizer('half.onnx', { elemType: FLOAT16 }))).toMatchObject({
    pixels: 'rgb',
    precision: 'fp16',
    scale: 2,
  });
});

it.each([2, 4, 16])('the alignment is found by trying: %i', async (alignment) => {
  const file = await network(`aligned${alignment}.onnx`, [
    node('SpaceToDepth', ['input'], ['deep'], { blocksize: alignment }),
    node('DepthToSpace', ['deep'], ['same'], { blocksize: alignment }),
    resize('same', 'output'),
  ]);
  expect(await inspectModel(file)).toMatchObject({ alignment, scale: 2 });
});

it.each<[string, Node[], number | undefined]>([
  ['two convolutions', [conv('input', 'a'), conv('a', 'b'), resize('b', 'output')], 2],
  [
    'a convolution with gaps',
    [conv('input', 'a', { dilations: [3, 3], pads: [3, 3, 3, 3] }), resize('a', 'output')],
    3,
  ],
  ['a convolution behind the enlargement', [resize('input', 'a'), conv('a', 'output')], 1],
  [
    'one of half the size',
    [conv('input', 'a', { strides: [2, 2] }), conv('a', 'b'), resize('b', 'c'), resize('c', 'output')],
    4,
  ],
  [
    'padding in a node of its own',
    [
      node('Pad', ['input', 'pads'], ['a'], { mode: 'reflect' }),
      conv('a', 'b', { pads: [0, 0, 0, 0] }),
      resize('b', 'output'),
    ],
    1,
  ],
  [
    'channels in another order',
    [
      node('SpaceToDepth', ['input'], ['a'], { blocksize: 2 }),
      node('Gather', ['a', 'order'], ['b'], { axis: 1 }),
      conv('b', 'c'),
      resize('c', 'd'),
      resize('d', 'output'),
    ],
    3,
  ],
  [
    'a mean over the picture',
    [node('GlobalAveragePool', ['input'], ['mean']), node('Mul', ['input', 'mean'], ['a']), resize('a', 'output')],
    undefined,
  ],
  [
    'an addition of the picture itself',
    [conv('input', 'a'), node('Add', ['a', 'input'], ['b']), resize('b', 'output')],
    1,
  ],
])('how far a network sees is read from its graph: %s', async (name, nodes, radius) => {
  const inspected = await inspectModel(await network(`${name.replaceAll(' ', '-')}.onnx`, nodes));
  expect(inspected.radius).toBe(radius);
});

it('the result is kept beside the models and used again', async () => {
  const modelsRoot = path.join(folder, 'models');
  const file = await tinyModel(path.join(folder, 'kept.onnx'), { scale: 3 });
  const { digest } = await inspectModel(file, { modelsRoot });
  expect(await readdir(path.join(modelsRoot, 'inspected'))).toEqual([`${digest}.json`]);
  const record = path.join(modelsRoot, 'inspected', `${digest}.json`);
  // Without the checksum, as an earlier release wrote it.
  await writeFile(
    record,
    (await readFile(record, 'utf8')).replace('"scale":3', '"scale":7').replace(/,"crc":"[0-9a-f]{8}"/, ''),
  );
  expect((await inspectModel(file, { modelsRoot })).scale).toBe(7);
  await writeFile(record, 'not JSON');
  expect((await inspectModel(file, { modelsRoot })).scale).toBe(3);
});

it('ONNX Runtime does not report to its maker', async () => {
  const temporary = path.join(folder, 'temporary');
  await mkdir(temporary);
  vi.stubEnv('TMPDIR', temporary);
  // It is quiet by itself where this is set, as in continuous integration.
  vi.stubEnv('CI', undefined);
  await inspectModel(await tinyModel(path.join(folder, 'private.onnx'))).finally(() => {
    vi.unstubAllEnvs();
  });
  // What it would send is kept in files there.
  expect(await readdir(temporary)).toEqual([]);
});

it('an inspection can be cancelled', async () => {
  const file = await tinyModel(path.join(folder, 'cancelled.onnx'));
  const stop = new AbortController();
  const inspection = inspectModel(file, { signal: stop.signal });
  stop.abort(new Error('stopped'));
  await expect(inspection).rejects.toThrow('stopped');
});

it.each<[string, () => Promise<string>, RegExp]>([
  ['a missing file', () => Promise.resolve(path.join(folder, 'none.onnx')), /no such file/],
  [
    'a folder',
    async () => {
      await mkdir(path.join(folder, 'folder.onnx'));
      return path.join(folder, 'folder.onnx');
    },
    /no such file/,
  ],
  [
    'a text',
    async () => {
      await writeFile(path.join(folder, 'text.onnx'), 'hello\n'.repeat(99));
      return path.join(folder, 'text.onnx');
    },
    /not an ONNX file/,
  ],
  [
    'an empty file',
    async () => {
      await writeFile(path.join(folder, 'empty.onnx'), '');
      return path.join(folder, 'empty.onnx');
    },
    /not an ONNX file/,
  ],
  [
    'half an ONNX file',
    async () => {
      const whole = await readFile(await tinyModel(path.join(folder, 'half.onnx')));
      await writeFile(path.join(folder, 'half.onnx'), whole.subarray(0, whole.length / 2));
      return path.join(folder, 'half.onnx');
    },
    /not an ONNX file/,
  ],
  ['three dimensions', () => resizer('rank.onnx', { input: [3, 'h', 'w'], factors: [1, 2, 2] }), /takes 3 dimensions/],
  [
    'four channels',
    () => resizer('four-channels.onnx', { input: [1, 4, 'h', 'w'] }),
    /takes 4 channels instead of 3 \(RGB\) or 1/,
  ],
  [
    'half precision in and single out',
    () =>
      network('mixed.onnx', [node('Cast', ['input'], ['float'], { to: FLOAT }), resize('float', 'output')], {
        elemType: FLOAT16,
      }),
    /takes fp16 and does not give it/,
  ],
  ['other channels out than in', () => resizer('six.onnx', { factors: [1, 2, 2, 2] }), /takes 3 and gives 6 channels/],
  ['a batch', () => resizer('four.onnx', { input: [4, 3, 'h', 'w'] }), /takes 4 pictures/],
  ['bytes instead of floats', () => resizer('bytes.onnx', { elemType: UINT8 }), /does not take float32 or float16/],
  ['a broken scale', () => resizer('broken.onnx', { factors: [1, 1, 1.5, 1.5] }), /makes 288x96 of 192x64/],
  ['two scales', () => resizer('uneven.onnx', { factors: [1, 1, 2, 3] }), /makes 576x128 of 192x64/],
  ['a scale beyond the limit', () => resizer('huge.onnx', { factors: [1, 1, 9, 9] }), /whole scale from 1 to 8/],
  ['an old operator set', () => resizer('old.onnx', { opset: 10 }), /operator set 10/],
])('one line says why %s cannot be used', async (_, make, message) => {
  const modelsRoot = path.join(folder, 'refused');
  const error: unknown = await inspectModel(await make(), { modelsRoot }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).not.toContain('\n');
  expect(existsSync(path.join(modelsRoot, 'inspected'))).toBe(false);
});

it.skipIf(!existsSync(sharedFile('models/super_resolution.onnx')))(
  'a real network of an old operator set, for luma of one size, is understood',
  async () => {
    expect(await inspectModel(sharedFile('models/super_resolution.onnx'))).toMatchObject({
      pixels: 'luma',
      scale: 3,
      fixed: { width: 224, height: 224 },
      precision: 'fp32',
    });
  },
);
