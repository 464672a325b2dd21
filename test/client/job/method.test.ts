import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { UpscaleFlags } from '../../../src/client/job/flags.js';
import { type MethodContext, resolveMethod } from '../../../src/client/job/method.js';
import { fileDigest } from '../../../src/job/parts.js';
import { UserError } from '../../../src/lib/errors.js';
import { findRegistered, type RegisteredModel } from '../../../src/models/registry.js';
import { modelFile } from '../../../src/models/store.js';
import { scratchFolder } from '../../support/media.js';
import { tinyModel } from '../../support/models.js';

const folder = scratchFolder();
const context: MethodContext = {
  roots: { jobs: path.join(folder, 'jobs'), models: path.join(folder, 'models'), media: '/' },
  gpu: false,
  memory: 8e9,
  width: 720,
  height: 576,
};

async function refusal(flags: UpscaleFlags, change: Partial<MethodContext> = {}): Promise<string> {
  const error: unknown = await resolveMethod(flags, { ...context, ...change }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

it('preview is bicubic at four times the size', async () => {
  expect(await resolveMethod({ preset: 'preview' }, context)).toEqual({ kind: 'filter', name: 'bicubic', scale: 4 });
});

it('a flag goes before the preset', async () => {
  expect(await resolveMethod({ preset: 'preview', scale: 2 }, context)).toMatchObject({ name: 'bicubic', scale: 2 });
  expect(await resolveMethod({ preset: 'production', model: 'lanczos', scale: 3 }, context)).toEqual({
    kind: 'filter',
    name: 'lanczos',
    scale: 3,
  });
});

it.each([
  ['without a preset, on a GPU', {}, true, 'realesrgan-x4plus'],
  ['by its name', { model: 'realesr-animevideov3' }, false, 'realesr-animevideov3'],
  ['with production', { preset: 'production' }, false, 'realesrgan-x4plus'],
] as const)(
  '%s, a model that is not here is named with how to get it and what works without',
  async (_, flags, gpu, name) => {
    const said = await refusal(flags, { gpu });
    expect(said).toContain(`reelscale models pull ${name}`);
    expect(said).toContain('--preset preview');
  },
);

it.each([
  ['without a preset, on a CPU', {}, 'compact-x4', 4],
  ['with fast at x2', { preset: 'fast', scale: 2 }, 'compact-x2', 2],
  ['with fast at x3', { preset: 'fast', scale: 3 }, 'espcn-x3', 3],
] as const)(
  '%s, a network that comes with Reelscale is used until the other is pulled',
  async (_, flags, name, scale) => {
    const roots = { ...context.roots, models: path.join(scratchFolder(), 'models') };
    expect(await resolveMethod(flags, { ...context, roots })).toMatchObject({ name, scale });
    const fast = modelFile(roots.models, findRegistered('realesr-animevideov3') as RegisteredModel, scale);
    await mkdir(path.dirname(fast));
    await writeFile(fast, 'not a network');
    await expect(resolveMethod(flags, { ...context, roots })).rejects.toThrow(
      'model realesr-animevideov3 was damaged on the disk',
    );
  },
);

it('an unknown model is answered with those that exist', async () => {
  expect(await refusal({ model: 'espcn' })).toMatch(
    /no model "espcn": choose one of bicubic, lanczos, realesr-animevideov3/,
  );
});

it('a scale that the model lacks is answered with those it has', async () => {
  expect(await refusal({ model: 'realesr-animevideov3', scale: 5 })).toContain('only 2, 3, 4');
  const file = await tinyModel(path.join(folder, 'x2.onnx'));
  expect(await refusal({ model: file, scale: 4 })).toContain('only 2');
});

it('precision is half on a GPU, full on the CPU, or what is given; half on the CPU is refused at once', async () => {
  const file = await tinyModel(path.join(folder, 'half.onnx'));
  const precisionOf = async (flags: UpscaleFlags, gpu: boolean) => {
    const method = await resolveMethod({ model: file, ...flags }, { ...context, gpu });
    return method.kind === 'model' ? method.precision : undefined;
  };
  expect(await precisionOf({}, true)).toBe('fp16');
  expect(await precisionOf({ precision: 'auto' }, true)).toBe('fp16');
  expect(await precisionOf({ precision: 'fp32' }, true)).toBe('fp32');
  expect(await precisionOf({ precision: 'auto' }, false)).toBe('fp32');
  expect(await refusal({ model: file, precision: 'fp16' })).toMatch(
    /^--precision fp16 needs --device [\w:, -]*cuda:N[\w:, -]* or webgpu:N: cpu computes in fp32$/,
  );
});

it('what only a model can do is refused to a filter', async () => {
  expect(await refusal({ model: 'bicubic', blend: 0.5 })).toBe(
    '--blend needs a model, and bicubic is a filter: choose another with -m',
  );
  expect(await refusal({ preset: 'preview', denoise: 1 })).toContain('--denoise needs a model');
  expect(await resolveMethod({ model: 'lanczos', blend: 0 }, context)).toEqual({
    kind: 'filter',
    name: 'lanczos',
    scale: 4,
  });
});

it("a file's scale is its own, and the job is bound to its bytes", async () => {
  const file = await tinyModel(path.join(folder, 'x3.onnx'), { scale: 3 });
  expect(await resolveMethod({ model: file }, { ...context, memory: 1e12 })).toEqual({
    kind: 'model',
    name: file,
    file: { root: 'media', path: path.relative('/', file) },
    digest: await fileDigest(file),
    scale: 3,
    precision: 'fp32',
    tile: 0,
    tilePad: 2,
    prePad: 0,
    pixels: 'rgb',
    alignment: 1,
    blend: 0,
    outOfGamut: 'carried',
  });
  // A luma network has no RGB whose limits could matter.
  expect(
    await resolveMethod(
      { model: await tinyModel(path.join(folder, 'luma.onnx'), { channels: 1 }) },
      { ...context, memory: 1e12 },
    ),
  ).not.toHaveProperty('outOfGamut');
});

it('tiles are the whole frame where memory allows, else a multiple of 32 that fits', async () => {
  const model = await tinyModel(path.join(folder, 'tiles.onnx'));
  const tileFor = async (memory: number, flags: UpscaleFlags = {}) => {
    const method = await resolveMethod({ model, ...flags }, { ...context, memory });
    return method.kind === 'model' ? method.tile : NaN;
  };
  expect(await tileFor(1e12)).toBe(0);
  const small = await tileFor(2e8);
  expect(small).toBeGreaterThanOrEqual(64);
  expect(small % 32).toBe(0);
  expect(small).toBeLessThan(576);
  expect(await tileFor(1)).toBe(64);
  expect(await tileFor(1, { tilePad: 48 })).toBe(128);
  expect(await tileFor(1, { tile: 256 })).toBe(256);
  expect(await tileFor(1, { tile: 0 })).toBe(0);
  for (const tile of [16, 33]) expect(await refusal({ model, tile })).toMatch(/^--tile: must/);
});

it('HDR goes through filters; models are refused before anything else is said of them', async () => {
  expect(await refusal({ preset: 'fast' }, { hdr: 'PQ' })).toBe(
    'the source is HDR (PQ), and networks are made for SDR: ' +
      'compact-x4 would get its brightness and colours wrong; -m lanczos or -m bicubic enlarge it right',
  );
  expect(await resolveMethod({ model: 'lanczos', scale: 2 }, { ...context, hdr: 'HLG' })).toEqual({
    kind: 'filter',
    name: 'lanczos',
    scale: 2,
  });
});

it('a tile that was chosen once for a source and a method is taken again as long as it fits', async () => {
  const model = await tinyModel(path.join(folder, 'remembered.onnx'));
  const remember = { jobsRoot: context.roots.jobs, source: 'a'.repeat(64), write: true };
  const tileOf = async (memory: number, change: Partial<MethodContext> = {}) => {
    const method = await resolveMethod({ model }, { ...context, memory, remember, ...change });
    return method.kind === 'model' ? method.tile : undefined;
  };
  const least = (await tileOf(0, { remember: undefined })) as number;
  let memory = 1e6;
  while ((await tileOf(memory, { remember: undefined })) === least) memory *= 1.2;
  memory *= 4;
  const chosen = (await tileOf(memory)) as number;
  expect(chosen).toBeGreaterThan(least);
  expect(await tileOf(0.8 * memory, { remember: undefined })).toBeLessThan(chosen);
  expect(await tileOf(0.8 * memory)).toBe(chosen);
  expect(await tileOf(1e12)).toBe(chosen);
  expect(await tileOf(1e12, { remember: { ...remember, source: 'b'.repeat(64) } })).toBe(0);
  const smaller = await tileOf(0.3 * memory);
  expect(smaller).toBeLessThan(chosen);
  expect(await tileOf(memory), 'its parts are there now').toBe(smaller);
});
