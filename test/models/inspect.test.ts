import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { UserError } from '../../src/job/errors.js';
import { inspectModel } from '../../src/models/inspect.js';
import { floats, model, node, value } from '../../src/models/onnx/build.js';
import { encodeModel, FLOAT, UINT8 } from '../../src/models/onnx/schema.js';
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
async function resizer(name: string, { input = [1, 3, 'h', 'w'], elemType = FLOAT, factors = [1, 1, 2, 2], opset = 17 }: Shape): Promise<string> {
  const file = path.join(folder, name);
  const nodes = elemType === FLOAT ? [] : [node('Cast', ['input'], ['float'], { to: FLOAT })];
  const bytes = encodeModel(model({
    name: 'resizer',
    node: [...nodes, node('Resize', [elemType === FLOAT ? 'input' : 'float', '', 'scales'], ['output'], { mode: 'nearest' })],
    initializer: [floats('scales', [factors.length], factors)],
    input: [value('input', elemType, input)],
    output: [value('output', FLOAT, input.map((_, i) => `out${i}`))],
  }, opset));
  await writeFile(file, bytes);
  return file;
}

it.each([1, 2, 4])('the scale of a usable network is found: %i', async (scale) => {
  expect(await inspectModel(await tinyModel(path.join(folder, `x${scale}.onnx`), { scale }))).toMatchObject({
    scale, channels: 3, inputName: 'input', outputName: 'output', precision: 'fp32', dynamic: true,
  });
});

it('a network for one size is told apart', async () => {
  expect(await inspectModel(await resizer('fixed.onnx', { input: [1, 3, 8, 12] }))).toMatchObject({ scale: 2, dynamic: false });
  expect(await inspectModel(await resizer('batch.onnx', { input: ['n', 3, 'h', 'w'] }))).toMatchObject({ scale: 2, dynamic: true });
});

it('the result is kept beside the models and used again', async () => {
  const modelsRoot = path.join(folder, 'models');
  const file = await tinyModel(path.join(folder, 'kept.onnx'), { scale: 3 });
  const { digest } = await inspectModel(file, { modelsRoot });
  expect(await readdir(path.join(modelsRoot, 'inspected'))).toEqual([`${digest}.json`]);
  const record = path.join(modelsRoot, 'inspected', `${digest}.json`);
  await writeFile(record, (await readFile(record, 'utf8')).replace('"scale":3', '"scale":7'));
  expect((await inspectModel(file, { modelsRoot })).scale).toBe(7);
  await writeFile(record, 'not JSON');
  expect((await inspectModel(file, { modelsRoot })).scale).toBe(3);
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
  ['a folder', async () => { await mkdir(path.join(folder, 'folder.onnx')); return path.join(folder, 'folder.onnx'); }, /no such file/],
  ['a text', async () => { await writeFile(path.join(folder, 'text.onnx'), 'hello\n'.repeat(99)); return path.join(folder, 'text.onnx'); }, /not an ONNX file/],
  ['an empty file', async () => { await writeFile(path.join(folder, 'empty.onnx'), ''); return path.join(folder, 'empty.onnx'); }, /not an ONNX file/],
  ['half an ONNX file', async () => {
    const whole = await readFile(await tinyModel(path.join(folder, 'half.onnx')));
    await writeFile(path.join(folder, 'half.onnx'), whole.subarray(0, whole.length / 2));
    return path.join(folder, 'half.onnx');
  }, /not an ONNX file/],
  ['three dimensions', () => resizer('rank.onnx', { input: [3, 'h', 'w'], factors: [1, 2, 2] }), /takes 3 dimensions/],
  ['one channel', () => resizer('grey.onnx', { input: [1, 1, 'h', 'w'] }), /takes 1 channels/],
  ['other channels out than in', () => resizer('six.onnx', { factors: [1, 2, 2, 2] }), /gives 6 channels/],
  ['a batch', () => resizer('four.onnx', { input: [4, 3, 'h', 'w'] }), /takes 4 pictures/],
  ['bytes instead of floats', () => resizer('bytes.onnx', { elemType: UINT8 }), /does not take float32/],
  ['a broken scale', () => resizer('broken.onnx', { factors: [1, 1, 1.5, 1.5] }), /24x24 of 16x16/],
  ['two scales', () => resizer('uneven.onnx', { factors: [1, 1, 2, 3] }), /48x32 of 16x16/],
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

it.skipIf(!existsSync(sharedFile('models/super_resolution.onnx')))('a real network of an old operator set is refused', async () => {
  await expect(inspectModel(sharedFile('models/super_resolution.onnx'))).rejects.toThrow(/operator set 10, but 11 or later/);
});
