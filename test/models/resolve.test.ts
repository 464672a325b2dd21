import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { fileDigest } from '../../src/job/parts.js';
import { UserError } from '../../src/lib/errors.js';
import { listModels } from '../../src/models/list.js';
import { ownModels } from '../../src/models/ownModels.js';
import { resolveModel } from '../../src/models/resolve.js';
import { scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const folder = scratchFolder();
const modelsRoot = path.join(folder, 'models');

async function refusal(name: string, scale?: number): Promise<string> {
  const error: unknown = await resolveModel(name, { modelsRoot, ...(scale !== undefined && { scale }) }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

it('a path is resolved to what the file is', async () => {
  const file = await tinyModel(path.join(folder, "it's a net.onnx"), { scale: 3 });
  const relative = path.relative(process.cwd(), file);
  const resolved = await resolveModel(relative, { modelsRoot });
  expect(resolved).toMatchObject({
    name: relative,
    file,
    scale: 3,
    tilePad: 2,
    pixels: 'rgb',
    precision: 'fp32',
    alignment: 1,
    digest: await fileDigest(file),
  });
  expect(resolved.bytesPerPixel).toBeGreaterThan(0);
  expect((await resolveModel(file, { modelsRoot, scale: 3 })).scale).toBe(3);
  expect(await refusal(file, 2)).toMatch(/no scale 2, only 3$/);
});

it('an unknown name is answered with those that exist', async () => {
  expect(await refusal('realesrgan-x8')).toMatch(
    new RegExp(
      '"realesrgan-x8": choose one of bicubic, lanczos, ' +
        'realesr-animevideov3, realesr-general-x4v3, realesrgan-x4plus, .*, or .* path',
    ),
  );
  expect(await refusal(path.join(folder, 'none.onnx'))).toContain('that exists');
  expect(await refusal('two\nlines')).toContain('"two\\nlines"');
});

it('a scale that a model lacks is answered with those it has', async () => {
  expect(await refusal('realesr-animevideov3', 5)).toBe('model realesr-animevideov3 has no scale 5, only 2, 3, 4');
  expect(await refusal('realesrgan-x4plus', 2)).toBe('model realesrgan-x4plus has no scale 2, only 4');
});

it('a model that was not pulled is answered with how to pull it', async () => {
  const wanted =
    'model realesrgan-x4plus is not here yet: run `reelscale models pull realesrgan-x4plus`, or use --preset preview';
  for (const name of ['realesrgan-x4plus', 'RealESRGAN_x4plus', 'REALESRGAN-X4PLUS'])
    expect(await refusal(name)).toBe(wanted);
  expect(await refusal('RealESRGAN_x4plus_anime_6B')).toContain('model realesrgan-x4plus-anime is not here yet');
});

it('a pulled file whose bytes have changed is not used', async () => {
  await mkdir(path.join(modelsRoot, 'realesr-animevideov3-x4'), { recursive: true });
  await writeFile(path.join(modelsRoot, 'realesr-animevideov3-x4', 'model.onnx'), 'changed');
  expect(await refusal('realesr-animevideov3')).toBe(
    'model realesr-animevideov3 was damaged on the disk: run `reelscale models pull realesr-animevideov3` again',
  );
});

it('the list tells what there is and what has been pulled', async () => {
  const root = path.join(folder, 'listed');
  await mkdir(path.join(root, 'realesr-animevideov3-x2'), { recursive: true });
  await writeFile(path.join(root, 'realesr-animevideov3-x2', 'model.onnx'), '');
  const [first, ...others] = await listModels(root);
  expect(first).toMatchObject({ name: 'realesr-animevideov3', kind: 'registered' });
  expect(first?.variants.map(({ scale, pulled }) => [scale, pulled])).toEqual([
    [2, true],
    [3, false],
    [4, false],
  ]);
  expect(others.map(({ name }) => name)).toEqual([
    'realesr-general-x4v3',
    'realesrgan-x4plus',
    'realesrgan-x4plus-anime',
    'realesrgan-x2plus',
    ...ownModels.map((model) => model.name),
  ]);
});
