import path from 'node:path';
import { shippedLibrary } from './library.js';
import { OrtError, RuntimeUnavailable } from './ortError.js';
import type { SessionOptions } from './sessionOptions.js';
import { isTruncated } from './truncated.js';

const PROVIDER = 'CUDAExecutionProvider';
const LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

/** Where ONNX Runtime looks for its CUDA provider: beside itself. */
const cudaLibraries = (folder = path.dirname(shippedLibrary().file)): string[] =>
  LIBRARIES.map((name) => path.join(folder, name));

/**
 * How a session runs on an NVIDIA GPU. Channels come last in memory, and a convolution adds its bias by itself: on an
 * H200 both together make networks 1.8 to 1.9 times as fast. cuDNN chooses its algorithms by rules: a search takes
 * seconds for each shape in each process, and was no better.
 */
export const cudaOptions = (id: number): SessionOptions => ({
  provider: {
    kind: 'cuda',
    options: {
      device_id: String(id),
      prefer_nhwc: '1',
      fuse_conv_bias: '1',
      cudnn_conv_algo_search: 'HEURISTIC',
      cudnn_conv_use_max_workspace: '1',
      // Else memory is taken in powers of two.
      arena_extend_strategy: 'kSameAsRequested',
    },
  },
  computedBy: PROVIDER,
  staging: { name: 'CudaPinned', id },
});

/** @throws RuntimeUnavailable for libraries that would end the process that loads them. */
export async function requireCudaLibraries(files = cudaLibraries()): Promise<void> {
  for (const file of files) {
    const cut = await isTruncated(file).catch(() => undefined);
    if (cut === undefined) throw new RuntimeUnavailable("ONNX Runtime's CUDA files are not here");
    if (cut) throw new RuntimeUnavailable(`${file} is truncated`);
  }
}

/** Calls of the C API that fail where CUDA itself cannot be used, whatever the network. */
const OF_CUDA = [
  'CreateCUDAProviderOptions',
  'UpdateCUDAProviderOptions',
  'SessionOptionsAppendExecutionProvider_CUDA_V2',
];

/** What CUDA, and the loader of what needs it, say, and what it means. */
const MEANINGS: readonly [RegExp, string][] = [
  [/libcuda\.so\.1: cannot open/, 'there is no NVIDIA driver: libcuda.so.1 is not here'],
  [/driver version is insufficient|CUDA failure 35\b/, 'the NVIDIA driver is too old for CUDA 13'],
  [/no CUDA-capable device|CUDA failure 100\b/, 'the NVIDIA driver finds no GPU'],
  [/invalid device ordinal|CUDA failure 101\b|Invalid device ID/i, 'there is no such GPU'],
  [/no kernel image is available|CUDA failure 209\b/, 'the GPU is too old for this CUDA provider'],
];

/** What is wrong with NVIDIA's driver or GPU, as the end of a sentence, where a message tells. */
export const nvidiaProblem = (message: string): string | undefined =>
  MEANINGS.find(([pattern]) => pattern.test(message))?.[1];

/** Why CUDA cannot be used, as the end of a sentence; undefined for what is wrong with a network or its memory. */
export function cudaProblem(error: unknown): string | undefined {
  if (error instanceof RuntimeUnavailable) return error.message;
  if (!(error instanceof Error)) return undefined;
  const known = nvidiaProblem(error.message);
  if (known !== undefined) return known;
  const missing = /(lib[\w.+-]+\.so[\w.]*): (cannot open shared object file|undefined symbol: \w+)/.exec(
    error.message,
  );
  if (missing) return `${missing[1]}: ${missing[2]}`;
  if (!(error instanceof OrtError) || !OF_CUDA.includes(error.call)) return undefined;
  return error.message.split('\n')[0] ?? '';
}
