import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { jobLayout } from '../../src/job/layout.js';
import { UserError } from '../../src/lib/errors.js';
import { importFile } from '../../src/models/import.js';
import { removeModel } from '../../src/models/remove.js';
import { scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const folder = scratchFolder();
const roots = { models: path.join(folder, 'models'), jobs: path.join(folder, 'jobs') };
const [jobKey, upscaleKey] = ['a'.repeat(32), 'b'.repeat(32)];
const job = jobLayout(roots, { jobKey, upscaleKey });

async function refusal(name: string): Promise<string> {
  const error: unknown = await removeModel(name, roots).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

/** An unfinished job that runs an imported model. */
beforeAll(async () => {
  const { file } = await importFile(await tinyModel(path.join(folder, 'used.onnx')), { modelsRoot: roots.models });
  await mkdir(job.job, { recursive: true });
  const digest = 'c'.repeat(64);
  await writeFile(
    job.spec,
    JSON.stringify({
      version: 1,
      jobKey,
      upscaleKey,
      input: { root: 'media', path: 'in.mp4' },
      output: { root: 'media', path: 'out.mp4' },
      source: { size: 1, mtimeMs: 1, digest },
      method: {
        kind: 'model',
        name: 'used',
        file: { root: 'models', path: path.relative(roots.models, file) },
        digest,
        scale: 2,
        precision: 'fp32',
        tile: 0,
        tilePad: 2,
        prePad: 0,
        pixels: 'rgb',
        alignment: 1,
        blend: 0,
      },
      encode: { codec: 'h264', crf: 23, preset: 'fast', threads: 2 },
      checkpointFrames: 100,
      tags: ['cpu'],
      keepMezzanine: false,
      overwrite: false,
      createdAt: '2024-01-01T00:00:00.000Z',
    }),
  );
});

it('an imported model is removed, in any case of its name', async () => {
  await importFile(await tinyModel(path.join(folder, 'Net.onnx')), { modelsRoot: roots.models });
  expect(await removeModel('net', roots)).toBe('Net');
  expect((await readdir(roots.models)).sort()).toEqual(['inspected', 'used']);
  expect(await refusal('net')).toBe('there is no model "net" here: `reelscale models list` shows those that are');
});

it('a pulled model is removed with all its scales', async () => {
  for (const scale of [2, 4]) {
    await mkdir(path.join(roots.models, `realesr-animevideov3-x${scale}`));
    await writeFile(path.join(roots.models, `realesr-animevideov3-x${scale}`, 'model.onnx'), '');
  }
  expect(await removeModel('RealESR-animevideov3', roots)).toBe('realesr-animevideov3');
  expect((await readdir(roots.models)).sort()).toEqual(['inspected', 'used']);
});

it('a model that an unfinished job needs stays, until the job has ended', async () => {
  expect(await refusal('used')).toBe(
    'model used is needed by unfinished jobs (aaaaaaaa): wait for them, or cancel them (reelscale cancel aaaaaaaa)',
  );
  expect(await readdir(path.join(roots.models, 'used'))).toContain('model.onnx');
  await writeFile(job.state, JSON.stringify({ state: 'cancelled', message: '', at: '' }));
  expect(await removeModel('used', roots)).toBe('used');
});
