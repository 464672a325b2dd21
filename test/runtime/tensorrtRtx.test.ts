import { copyFileSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bundlesExist } from '../../src/runtime/bundle.js';
import { nvidiaProblem } from '../../src/runtime/cuda.js';
import { shippedLibrary } from '../../src/runtime/library.js';
import { openRuntime } from '../../src/runtime/runtime.js';
import { engineFolder, tensorrtRtxDevices } from '../../src/runtime/tensorrtRtx.js';
import { TENSORRT_RTX } from '../../src/runtime/tensorrtRtxFiles.js';
import { scratchFolder } from '../support/media.js';

const scratch = scratchFolder();
const [LIBRARY] = TENSORRT_RTX.libraries;
afterEach(() => {
  vi.unstubAllEnvs();
});

it('of the wheel the libraries are taken, with the names that they ask each other by, and licences', () => {
  const inWheel = ['libcudart.so.13.4.36', LIBRARY, 'libtensorrt_onnxparser_rtx.so.1.7.1', 'libtensorrt_rtx.so.1.7.1'];
  const taken = (name: string): string | undefined =>
    TENSORRT_RTX.wheels[0]?.wanted.exec(`onnxruntime_ep_nv_tensorrt_rtx/${name}`)?.[1];
  for (const name of [...inWheel, 'Acknowledgements.txt']) expect(taken(name)).toBe(name);
  for (const name of ['__init__.py', 'tensorrt_rtx_provider_options.h']) expect(taken(name)).toBeUndefined();
  for (const target of Object.values(TENSORRT_RTX.links ?? {})) expect(inWheel).toContain(target);
});

it('what it compiles for a network is kept in the state folder, for each network by itself', async () => {
  vi.stubEnv('REELSCALE_HOME', scratch);
  const [one, other] = [await engineFolder(Buffer.from('one')), await engineFolder(Buffer.from('other'))];
  expect(one).not.toBe(other);
  expect(await engineFolder(Buffer.from('one'))).toBe(one);
  expect(readdirSync(path.join(scratch, 'engines', TENSORRT_RTX.name))).toHaveLength(2);
});

it('a driver that is missing is told in plain words', () => {
  expect(
    nvidiaProblem(
      'TensorRT-RTX 0.5.0 cannot be loaded (Failed to load library /x/libonnxruntime_providers_nv_tensorrt_rtx.so ' +
        'with error: libcuda.so.1: cannot open shared object file: No such file or directory)',
    ),
  ).toBe('there is no NVIDIA driver: libcuda.so.1 is not here');
});

describe.skipIf(!bundlesExist())('a plugin that cannot be used is one clear line:', () => {
  const found = async (make: (folder: string) => void) => {
    const folder = path.join(scratch, `plugin-${readdirSync(scratch).length}`);
    mkdirSync(folder);
    make(folder);
    // It is remembered for a runtime.
    return tensorrtRtxDevices({ ...(await openRuntime()) }, folder);
  };

  it('one that is not there', async () => {
    await expect(found(() => undefined)).rejects.toThrow(/^TensorRT-RTX is not here: run npm run setup:tensorrt-rtx$/);
  });

  it('one that was cut off', async () => {
    const cutOff = (folder: string): void => {
      const file = path.join(folder, LIBRARY);
      copyFileSync(shippedLibrary().file, file);
      truncateSync(file, statSync(file).size - 1000);
    };
    await expect(found(cutOff)).rejects.toThrow(/nv_tensorrt_rtx\.so is truncated: run npm run setup:tensorrt-rtx$/);
  });

  it('one that is another library', async () => {
    await expect(
      found((folder) => {
        copyFileSync(shippedLibrary().file, path.join(folder, LIBRARY));
      }),
    ).rejects.toThrow(/^TensorRT-RTX 0\.5\.0 cannot be loaded \(/);
    await expect(
      found((folder) => {
        writeFileSync(path.join(folder, LIBRARY), 'no library');
      }),
    ).rejects.toThrow(/^TensorRT-RTX 0\.5\.0 cannot be loaded \(/);
  });
});
