import { copyFileSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { cudaOptions, cudaProblem, requireCudaLibraries } from '../../src/runtime/cuda.js';
import { shippedLibrary } from '../../src/runtime/library.js';
import { OrtError, RuntimeUnavailable } from '../../src/runtime/ortError.js';
import { openRuntime } from '../../src/runtime/runtime.js';
import { NativeSession } from '../../src/runtime/session.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();

/** As ONNX Runtime 1.30 says it: without a driver, without cuBLAS, with a driver that is too old, and so on. */
it.each([
  [
    'UpdateCUDAProviderOptions',
    'Failed to load library /x/libonnxruntime_providers_cuda.so with error: libcuda.so.1: cannot open shared object ' +
      'file: No such file or directory\n',
    'there is no NVIDIA driver: libcuda.so.1 is not here',
  ],
  [
    'UpdateCUDAProviderOptions',
    'Failed to load library /x/libonnxruntime_providers_cuda.so with error: libcublasLt.so.13: cannot open shared ' +
      'object file: No such file or directory\n',
    'libcublasLt.so.13: cannot open shared object file',
  ],
  [
    'UpdateCUDAProviderOptions',
    'Failed to parse provider option "device_id": CUDA failure 35: CUDA driver version is insufficient for CUDA ' +
      'runtime version ; GPU=-1 ; hostname=vm\n',
    'the NVIDIA driver is too old for CUDA 13',
  ],
  ['CreateSessionFromArray', 'CUDA failure 100: no CUDA-capable device is detected', 'the NVIDIA driver finds no GPU'],
  ['CreateSessionFromArray', 'CUDA failure 101: invalid device ordinal ; GPU=7', 'there is no such GPU'],
  ['UpdateCUDAProviderOptions', 'Unknown provider option: "nonsense".\n', 'Unknown provider option: "nonsense".'],
])('%s: %s', (call, text, meaning) => {
  expect(cudaProblem(new OrtError(call, 1, text))).toBe(meaning);
});

it('what is wrong with a network or its memory is none of CUDA', () => {
  expect(cudaProblem(new OrtError('CreateSessionFromArray', 7, 'protobuf parsing failed'))).toBeUndefined();
  expect(
    cudaProblem(new OrtError('RunWithBinding', 1, 'Failed to allocate memory for requested buffer')),
  ).toBeUndefined();
});

it('libraries that are not there, or were cut off, are one clear line before they are loaded', async () => {
  const library = path.join(folder, 'libonnxruntime_providers_cuda.so');
  await expect(requireCudaLibraries([library])).rejects.toThrow(
    new RuntimeUnavailable("ONNX Runtime's CUDA files are not here"),
  );
  copyFileSync(shippedLibrary().file, library);
  await requireCudaLibraries([library]);
  truncateSync(library, statSync(library).size - 1000);
  await expect(requireCudaLibraries([library])).rejects.toThrow(new RuntimeUnavailable(`${library} is truncated`));
});

it('a GPU that cannot be had is an error of CUDA, also where its files are here', async () => {
  const error: unknown = await NativeSession.create(await openRuntime(), new Uint8Array(1), cudaOptions(97)).catch(
    (e: unknown) => e,
  );
  expect(cudaProblem(error)).toMatch(/./);
});
