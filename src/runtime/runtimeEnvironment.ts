import path from 'node:path';
import { folderOf } from './bundle.js';
import { CUDA } from './cudaFiles.js';
import { TENSORRT_RTX } from './tensorrtRtxFiles.js';

/**
 * The environment of every process that loads ONNX Runtime. Its official Linux builds report to Microsoft (the model's
 * file name and digests among other things) unless told not to, and leave files in the temporary folder while they
 * try. `cuda:N` means the N-th GPU of nvidia-smi, which counts by slot; CUDA by itself would count the fastest first.
 * Its libraries, and those of TensorRT-RTX, are found where the set-up puts them.
 */
export const runtimeEnvironment = (): NodeJS.ProcessEnv => ({
  CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  ...process.env,
  LD_LIBRARY_PATH: libraryPath(process.env['LD_LIBRARY_PATH'] ?? ''),
  ORT_DISABLE_TELEMETRY: '1',
});

/** Processes of such an environment start others. */
const libraryPath = (before: string): string =>
  [...new Set([folderOf(CUDA), folderOf(TENSORRT_RTX), ...before.split(path.delimiter).filter(Boolean)])].join(
    path.delimiter,
  );
