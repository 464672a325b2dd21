import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileDigest } from '../../src/job/parts.js';
import { UserError, WorldError } from '../../src/lib/errors.js';
import { mixDenoise } from '../../src/models/denoise.js';
import { convertNcnn } from '../../src/models/ncnn/convert.js';
import { pullRegistered } from '../../src/models/pull.js';
import { type RegisteredModel, registry } from '../../src/models/registry.js';
import { resized } from '../../src/models/resized.js';
import { modelFolder, stateOf } from '../../src/models/store.js';
import { convertTorch, interpolateTorch } from '../../src/models/torch/convert.js';
import { hasSharedMedia, scratchFolder, sharedFile } from '../support/media.js';
import { zipPth } from '../support/torch.js';
import { compactState } from './networks.js';
import { cutting, serving, TestServer } from './server.js';

const folder = scratchFolder();
const server = await new TestServer().listen();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const strong = zipPth(compactState({ features: 4, convolutions: 1, scale: 4 }));
const weak = zipPth(
  Object.fromEntries(
    Object.entries(compactState({ features: 4, convolutions: 1, scale: 4 })).map(([name, tensor]) => [
      name,
      { ...tensor, values: tensor.values.map((v) => Math.fround(v / 3)) },
    ]),
  ),
);
const [template] = registry as [RegisteredModel];
/** A model of releases alone. */
const single = {
  ...template,
  name: 'single',
  variants: new Map([
    [2, { radius: 4, alignment: 1 }],
    [4, { radius: 3, alignment: 1 }],
  ]),
  release: { tag: 'v1', file: 'single.pth', sha256: sha256(strong) },
} satisfies RegisteredModel;
const pair = {
  ...single,
  name: 'pair',
  variants: new Map([[4, { radius: 3, alignment: 1 }]]),
  weakDenoise: { tag: 'v1', file: 'weak.pth', sha256: sha256(weak) },
} satisfies RegisteredModel;

let modelsRoot: string;
beforeEach(async () => {
  modelsRoot = await mkdtemp(path.join(folder, 'models-'));
  server.requests.length = 0;
  server.answer = (request, response) => {
    serving(request.url?.endsWith('weak.pth') ? weak : strong)(request, response);
  };
});

const pull = (model: RegisteredModel) => pullRegistered(model, { modelsRoot, releases: server.url });

async function failure(model: RegisteredModel): Promise<Error> {
  const error: unknown = await pull(model).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).not.toContain('\n');
  return error as Error;
}

describe('a model that only its release holds', () => {
  it('is downloaded once, converted for every scale, and known by its record', async () => {
    expect((await pull(single)).map(({ scale, fresh }) => [scale, fresh])).toEqual([
      [2, true],
      [4, true],
    ]);
    expect(server.requests).toEqual(['/v1/single.pth']);
    expect((await readdir(modelsRoot)).sort()).toEqual(['single-x2', 'single-x4']);
    expect(JSON.parse(await readFile(path.join(modelsRoot, 'single-x4', 'model.json'), 'utf8'))).toMatchObject({
      name: 'single',
      scale: 4,
      digest: sha256((await convertTorch(strong, 'single.pth')).onnx),
      source: { release: `${server.url}/v1/single.pth`, sha256: sha256(strong) },
    });
    expect((await pull(single)).some(({ fresh }) => fresh)).toBe(false);
    expect(server.requests).toHaveLength(1);
  });

  it('is made again when its bytes are not those of the record, or the record is of another release', async () => {
    await pull(single);
    await writeFile(path.join(modelsRoot, 'single-x4', 'model.onnx'), 'changed');
    expect((await stateOf(modelsRoot, single, 4)).state).toBe('damaged');
    expect((await pull(single)).map(({ fresh }) => fresh)).toEqual([false, true]);
    expect(
      (await stateOf(modelsRoot, { ...single, release: { ...single.release, sha256: '0'.repeat(64) } }, 4)).state,
    ).toBe('damaged');
  });

  it('is taken from the models folder where somebody put the file there', async () => {
    await writeFile(path.join(modelsRoot, 'single.pth'), strong);
    await pull(single);
    expect(server.requests).toEqual([]);
    expect((await readdir(modelsRoot)).sort()).toEqual(['single-x2', 'single-x4', 'single.pth']);
  });

  it('leaves nothing when the server gives other bytes', async () => {
    server.answer = serving(weak);
    const error = await failure(single);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(
      /^single could not be pulled\. official release: what 127\.0\.0\.1:\d+ gave for single\.pth has the digest/,
    );
    expect(await readdir(modelsRoot)).toEqual([]);
  });

  it('keeps what came of a download that was interrupted, and goes on with it', async () => {
    const part = `.${sha256(strong).slice(0, 16)}.part`;
    server.answer = cutting(strong, 1000, path.join(modelsRoot, part));
    const error = await failure(single);
    expect(error).toBeInstanceOf(WorldError);
    expect(error.message).toMatch(/check the network, or put single\.pth into /);
    expect(await readdir(modelsRoot)).toEqual([part]);
    server.requests.length = 0;
    server.answer = serving(strong);
    await pull(single);
    expect(server.requests).toEqual(['/v1/single.pth bytes=1000-']);
    expect((await readdir(modelsRoot)).sort()).toEqual(['single-x2', 'single-x4']);
  });

  it('goes on with the download of a process that was killed, and removes what else that left', async () => {
    const dead = 2 ** 22 + 1;
    const left = path.join(modelsRoot, `.work-${os.hostname().replaceAll(/[^\w.]/g, '_')}-${dead}-abcdef`);
    await mkdir(left);
    await writeFile(path.join(left, `.${sha256(strong).slice(0, 16)}.part`), strong.subarray(0, 700));
    await writeFile(path.join(left, 'junk'), '');
    await mkdir(path.join(modelsRoot, `.work-another.host-${process.pid}-abcdef`));
    await pull(single);
    expect(server.requests).toEqual(['/v1/single.pth bytes=700-']);
    expect((await readdir(modelsRoot)).sort()).toEqual([
      `.work-another.host-${process.pid}-abcdef`,
      'single-x2',
      'single-x4',
    ]);
  });
});

describe('a denoise strength', () => {
  const mix = async (strength: number) => {
    const { digest } = (await stateOf(modelsRoot, pair, 4)) as { digest: string };
    return mixDenoise({ name: pair.name, strong: pair.release, weak: pair.weakDenoise }, strength, {
      folder: modelFolder(modelsRoot, pair, 4),
      digest,
    });
  };

  it('mixes both networks once, into a file that carries it', async () => {
    await pull(pair);
    const half = await mix(0.5);
    expect(half).toEqual({
      file: path.join(modelsRoot, 'pair-x4', 'denoise-0.50.onnx'),
      denoise: 0.5,
      digest: sha256((await interpolateTorch(strong, weak, 0.5, 'pair')).onnx),
    });
    expect(await fileDigest(half.file)).toBe(half.digest);
    expect((await mix(0.331)).denoise).toBe(0.33);
    expect((await mix(0)).digest).toBe(sha256((await convertTorch(weak, 'weak.pth')).onnx));
    expect(await mix(1)).toEqual({
      file: path.join(modelsRoot, 'pair-x4', 'model.onnx'),
      denoise: 1,
      digest: sha256((await convertTorch(strong, 'strong.pth')).onnx),
    });
    await writeFile(path.join(modelsRoot, 'pair-x4', 'weak.pth'), 'not needed for what is there');
    expect(await mix(0.5)).toEqual(half);
  });

  it('is made again when its file was damaged, and refused when the pulled files were', async () => {
    await pull(pair);
    const half = await mix(0.5);
    await writeFile(half.file, 'changed');
    expect(await mix(0.5)).toEqual(half);
    expect(await fileDigest(half.file)).toBe(half.digest);
    await writeFile(path.join(modelsRoot, 'pair-x4', 'weak.pth'), 'changed');
    await expect(mix(0.2)).rejects.toThrow(
      /weak\.pth of model pair was damaged.*models remove pair.*models pull pair/,
    );
    await expect(mix(1.5)).rejects.toThrow(/from 0 to 1/);
  });
});

it.skipIf(!hasSharedMedia)(
  "the smaller scales of animevideov3 equal the files that Real-ESRGAN's authors made for them",
  async () => {
    const param = (scale: number): string =>
      readFileSync(sharedFile(`models/realesr-animevideov3-x${scale}.param`), 'utf8');
    const bin = readFileSync(sharedFile('models/realesr-animevideov3-x4.bin'));
    const picture = Float32Array.from({ length: 3 * 9 * 8 }, (_, i) => ((i * 89) % 256) / 255);
    const run = async (bytes: Uint8Array) => {
      const session = await InferenceSession.create(bytes);
      const [output] = Object.values(await session.run({ input: new Tensor('float32', picture, [1, 3, 9, 8]) }));
      await session.release();
      return output as Tensor;
    };
    const [ours, theirs] = [
      await run(resized(convertNcnn(param(4), bin), 0.5)),
      await run(convertNcnn(param(2), bin)),
    ];
    expect(ours.dims).toEqual([1, 3, 18, 16]);
    expect(ours.data).toEqual(theirs.data);
  },
);
