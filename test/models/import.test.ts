import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileDigest } from '../../src/job/parts.js';
import { UserError } from '../../src/lib/errors.js';
import { importFile } from '../../src/models/import.js';
import { importFolder } from '../../src/models/importFolder.js';
import { modelInfo } from '../../src/models/info.js';
import { listModels } from '../../src/models/list.js';
import { decodeModel, encodeModel } from '../../src/models/onnx/schema.js';
import { registered } from '../../src/models/registry.js';
import { resolveModel } from '../../src/models/resolve.js';
import { convertTorch } from '../../src/models/torch/convert.js';
import { hasSharedMedia, scratchFolder, sharedFile } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { safetensors, zipPth } from '../support/torch.js';
import { compactNet } from './ncnn/net.js';
import { compactState } from './networks.js';

const folder = scratchFolder();
const state = compactState({ features: 4, convolutions: 1, scale: 2 });
let modelsRoot: string;
let sources: string;
beforeEach(async () => {
  modelsRoot = await mkdtemp(path.join(folder, 'models-'));
  sources = await mkdtemp(path.join(folder, 'sources-'));
});

async function file(name: string, bytes: Uint8Array | string): Promise<string> {
  await writeFile(path.join(sources, name), bytes);
  return path.join(sources, name);
}

/** Writes a .param and its .bin. */
async function ncnn(name: string, { param, bin } = compactNet()): Promise<string> {
  await file(`${name}.bin`, bin);
  return file(`${name}.param`, param);
}

/** What an import leaves beside models: what files turned out to be. */
const models = async (): Promise<string[]> =>
  (await readdir(modelsRoot)).filter((name) => name !== 'inspected').sort();

async function refusal(given: string, name?: string): Promise<string> {
  const before = await readdir(modelsRoot);
  const error: unknown = await importFile(given, { modelsRoot, ...(name !== undefined && { name }) }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).not.toContain('\n');
  expect(await readdir(modelsRoot)).toEqual(before);
  return (error as Error).message;
}

describe('a network is imported from', () => {
  it.each<[string, () => Promise<string>, number]>([
    ['an ONNX file', () => tinyModel(path.join(sources, 'net.onnx'), { scale: 3 }), 3],
    ['a PyTorch file', () => file('net.pth', zipPth(state)), 2],
    ['a PyTorch file with its other ending', () => file('net.PT', zipPth(state)), 2],
    ['a safetensors file', () => file('net.safetensors', safetensors(state)), 2],
    ['ncnn files', () => ncnn('net'), 3],
  ])('%s', async (_, make, scale) => {
    const given = await make();
    const imported = await importFile(given, { modelsRoot });
    expect(imported).toEqual({ name: 'net', scale, file: path.join(modelsRoot, 'net', 'model.onnx'), fresh: true });
    expect(await models()).toEqual(['net']);
    const digest = await fileDigest(imported.file);
    expect(JSON.parse(await readFile(path.join(modelsRoot, 'net', 'model.json'), 'utf8'))).toMatchObject({
      name: 'net',
      scale,
      digest,
      source: { file: path.basename(given) },
    });
    expect(await resolveModel('NET', { modelsRoot })).toMatchObject({
      name: 'net',
      file: imported.file,
      digest,
      scale,
      pixels: 'rgb',
      alignment: 1,
    });
  });
});

it('a name may be given, is found in any case, and is made of the file name otherwise', async () => {
  const given = await tinyModel(path.join(sources, "Ünet (v2)'s 4x+.onnx"));
  expect((await importFile(given, { modelsRoot })).name).toBe('U-net-v2-s-4x+');
  expect((await importFile(given, { modelsRoot, name: 'My.Net' })).name).toBe('My.Net');
  expect((await resolveModel('my.net', { modelsRoot })).name).toBe('My.Net');
  expect(await refusal(await tinyModel(path.join(sources, '日本.onnx')))).toMatch(
    /no name can be made of "日本\.onnx": give one with --name/,
  );
});

it('the same bytes again are there already; other bytes are refused', async () => {
  const given = await tinyModel(path.join(sources, 'net.onnx'));
  await importFile(given, { modelsRoot });
  expect(await importFile(given, { modelsRoot })).toMatchObject({ name: 'net', scale: 2, fresh: false });
  await tinyModel(given, { scale: 4 });
  expect(await refusal(given)).toMatch(
    new RegExp(
      '"net" is the name of an imported model with other bytes: ' +
        'remove that first \\(reelscale models remove net\\), or give another name',
    ),
  );
  expect(await refusal(given, 'NET')).toMatch(/other bytes/);
  expect((await resolveModel('net', { modelsRoot })).scale).toBe(2);
});

it.each([
  'bicubic',
  'Lanczos',
  'realesrgan-x4plus',
  'RealESRGAN_x4plus_anime_6B',
  'realesr-animevideov3-x4',
  'inspected',
])('%s is the name of something else', async (name) => {
  expect(await refusal(await tinyModel(path.join(sources, 'net.onnx')), name)).toMatch(
    /is the name of another model already/,
  );
});

it.each(['', '.hidden', '../up', 'a/b', 'a b', 'net.onnx', 'x'.repeat(65)])('%j is no name', async (name) => {
  expect(await refusal(await tinyModel(path.join(sources, 'net.onnx')), name)).toMatch(/cannot be a model's name/);
});

describe('one line refuses, and nothing is left of,', () => {
  it.each<[string, () => Promise<string>, RegExp]>([
    [
      'a file that is missing',
      () => Promise.resolve(path.join(sources, 'none.onnx')),
      /"none\.onnx" is no model: there is no such file/,
    ],
    ['a file of another kind', () => file('net.txt', 'text'), /"net\.txt" is no file of a model/],
    ['a name that ends in nothing', () => file('net', 'text'), /is no file of a model/],
    [
      'a text that is called ONNX',
      () => file('net.onnx', 'text'),
      /"net\.onnx" cannot be used: it is not an ONNX file/,
    ],
    [
      'weights of ncnn without the network',
      async () => (await ncnn('net')).replace('.param', '.bin'),
      /give the \.param file beside it/,
    ],
    [
      'a network of ncnn without weights',
      () => file('net.param', compactNet().param),
      /"net\.bin" must lie beside it/,
    ],
    [
      'truncated weights',
      () => ncnn('net', { ...compactNet(), bin: compactNet().bin.subarray(0, 99) }),
      /"net\.param" cannot be converted: /,
    ],
    [
      'a network that names an unknown layer',
      () => ncnn('net', { ...compactNet(), param: compactNet().param.replace('PReLU', 'Warp') }),
      /Warp/,
    ],
    ['half a PyTorch file', () => file('net.pth', zipPth(state).subarray(0, 900)), /"net\.pth" cannot be converted: /],
    [
      'a state dict of another architecture',
      () => file('net.pth', zipPth({ weight: { dims: [1], values: [1] } })),
      /"net\.pth" cannot be converted: /,
    ],
    [
      'weights in another file',
      async () => {
        const network = decodeModel(await readFile(await tinyModel(path.join(sources, 'net.onnx'))));
        for (const tensor of network.graph.initializer.slice(0, 1))
          Object.assign(tensor, { dataLocation: 1, rawData: undefined });
        return file('net.onnx', encodeModel(network));
      },
      /keeps its weights in another file/,
    ],
  ])('%s', async (_, make, message) => {
    expect(await refusal(await make())).toMatch(message);
  });
});

describe('of a folder', () => {
  it('every ncnn network is imported that can be, and the others are said', async () => {
    await ncnn('one-x2');
    await mkdir(path.join(sources, 'more'));
    await ncnn('more/two');
    await file('broken.param', 'text');
    await file('broken.bin', 'text');
    await file('alone.param', compactNet().param);
    await file('notes.txt', 'text');
    const { imported, refused } = await importFolder(sources, { modelsRoot });
    expect(imported.map(({ name, fresh }) => [name, fresh])).toEqual([
      ['one-x2', true],
      ['two', true],
    ]);
    expect(refused).toHaveLength(2);
    expect(refused[0]).toContain('"alone.bin" must lie beside it');
    expect(refused[1]).toContain('"broken.param" cannot be converted');
    expect(await models()).toEqual(['one-x2', 'two']);
  });

  it('without networks it is refused', async () => {
    await expect(importFolder(sources, { modelsRoot })).rejects.toThrow(/holds no ncnn networks/);
    expect(await models()).toEqual([]);
  });
});

it.skipIf(!hasSharedMedia)("the authors' own ncnn files are the registered model", async () => {
  const given = sharedFile('models/realesr-animevideov3-x4.param');
  expect(await importFile(given, { modelsRoot })).toMatchObject({
    name: 'realesr-animevideov3',
    scale: 4,
    fresh: true,
  });
  expect((await resolveModel('realesr-animevideov3', { modelsRoot })).digest).toBe(
    registered('realesr-animevideov3').variants.get(4)?.wheel?.onnx,
  );
  expect(await importFile(given, { modelsRoot })).toMatchObject({ fresh: false });
  expect((await importFile(given, { modelsRoot, name: 'mine' })).name).toBe('mine');
});

it('an imported file whose bytes have changed is not used', async () => {
  const { file: stored } = await importFile(await tinyModel(path.join(sources, 'net.onnx')), { modelsRoot });
  await writeFile(stored, 'changed');
  await expect(resolveModel('net', { modelsRoot })).rejects.toThrow(/net was damaged.*models remove net/);
  expect((await modelInfo('net', { modelsRoot, speedOf })).variants).toEqual([{ file: stored, state: 'damaged' }]);
});

it('a file of a format that is converted has to be imported', async () => {
  const given = await file('net.pth', zipPth(state));
  await expect(resolveModel(given, { modelsRoot })).rejects.toThrow(
    /net\.pth" must be imported first: run `reelscale models import PATH`/,
  );
});

it('only a model that has one takes a denoise strength', async () => {
  await importFile(await tinyModel(path.join(sources, 'net.onnx')), { modelsRoot });
  await expect(resolveModel('net', { modelsRoot, denoise: 0.5 })).rejects.toThrow(
    /"net" has no denoise strength: only realesr-general-x4v3 has one/,
  );
  await expect(resolveModel('realesr-general-x4v3', { modelsRoot, denoise: 0.5 })).rejects.toThrow(
    /models pull realesr-general-x4v3/,
  );
});

/** What is measured elsewhere. */
const speedOf = () => Promise.resolve({ device: 'cpu', precision: 'fp32', tile: { width: 128, height: 128 }, fps: 2 });

it('what is imported is listed, and described with what it turned out to be and how fast it is', async () => {
  await importFile(await file('net.pth', zipPth(state)), { modelsRoot });
  const listed = (await listModels(modelsRoot)).at(-1);
  expect(listed).toEqual({
    name: 'net',
    kind: 'imported',
    architecture: (await convertTorch(zipPth(state), 'net')).architecture,
    variants: [{ scale: 2, file: path.join(modelsRoot, 'net', 'model.onnx'), pulled: true }],
  });
  const info = await modelInfo('net', { modelsRoot, speedOf });
  expect(info).toMatchObject({
    name: 'net',
    kind: 'imported',
    parameters: (await convertTorch(zipPth(state), 'net')).parameters,
    denoise: false,
    sources: ['net.pth'],
  });
  const [variant] = info.variants;
  // Three convolutions of 3x3.
  expect(variant).toMatchObject({
    scale: 2,
    state: 'ready',
    tilePad: 4,
    inspected: { radius: 3, alignment: 1 },
    speed: await speedOf(),
  });
});

it('a registered model that is not here is described without what would have to be tried', async () => {
  const { variants, ...info } = await modelInfo('RealESRGAN_x2plus', { modelsRoot, speedOf });
  expect(info).toMatchObject({
    name: 'realesrgan-x2plus',
    parameters: 16_703_171,
    sources: ['https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.1/RealESRGAN_x2plus.pth'],
  });
  expect(variants).toEqual([
    {
      scale: 2,
      file: path.join(modelsRoot, 'realesrgan-x2plus-x2', 'model.onnx'),
      state: 'missing',
      tilePad: 96,
      bytesPerPixel: 7000,
    },
  ]);
});
