import { existsSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { CUDA, linkCuda } from '../../src/runtime/cudaFiles.js';
import { shippedLibrary } from '../../src/runtime/library.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();

it('the CUDA provider has exactly the version of onnxruntime-node', () => {
  const [provider] = CUDA.wheels;
  expect(provider).toMatchObject({ package: 'onnxruntime-gpu', version: shippedLibrary().version });
  expect(CUDA.name).toBe(`cuda-${shippedLibrary().version}`);
});

it('of the wheels only libraries that are needed are taken, and licences', () => {
  const taken = (name: string): string[] =>
    CUDA.wheels.flatMap(({ wanted }) => wanted.exec(name)?.slice(1) ?? []).slice(0, 1);
  expect(taken('onnxruntime/capi/libonnxruntime_providers_cuda.so')).toEqual(['libonnxruntime_providers_cuda.so']);
  expect(taken('onnxruntime/capi/libonnxruntime_providers_tensorrt.so')).toEqual([]);
  expect(taken('onnxruntime/capi/libonnxruntime.so.1.30.0')).toEqual([]);
  expect(taken('nvidia/cu13/lib/libcublasLt.so.13')).toEqual(['libcublasLt.so.13']);
  expect(taken('nvidia/cu13/lib/libnvrtc-builtins.so.13.5')).toEqual(['libnvrtc-builtins.so.13.5']);
  expect(taken('nvidia/cudnn/lib/libcudnn_engines_precompiled.so.9')).toEqual(['libcudnn_engines_precompiled.so.9']);
  expect(taken('nvidia/cu13/lib/libnvblas.so.13')).toEqual([]);
  expect(taken('nvidia/cu13/include/cuda.h')).toEqual([]);
});

it('the provider is found beside ONNX Runtime, where another may be, and cuDNN without a version', async () => {
  const [from, beside] = [path.join(folder, 'cuda'), path.join(folder, 'onnxruntime/bin')];
  mkdirSync(from);
  mkdirSync(beside, { recursive: true });
  writeFileSync(path.join(beside, 'libonnxruntime_providers_cuda.so'), 'of CUDA 12');
  for (const name of [CUDA.libraries[0], 'libonnxruntime_providers_shared.so', 'libcudnn.so.9'])
    writeFileSync(path.join(from, name), 'library');
  for (let n = 0; n < 2; n++) {
    await linkCuda(from, beside);
    expect(readlinkSync(path.join(beside, CUDA.libraries[0]))).toBe(`../../cuda/${CUDA.libraries[0]}`);
    expect(existsSync(path.join(beside, 'libonnxruntime_providers_shared.so'))).toBe(true);
    expect(existsSync(path.join(from, 'libcudnn.so'))).toBe(true);
  }
});
