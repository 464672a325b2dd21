import { parseWorkerDevice } from '../runtime/devices.js';
import { RuntimeUnavailable } from '../runtime/ortError.js';
import { openRuntime } from '../runtime/runtime.js';
import { ApiInference } from './apiInference.js';
import type { FrameInference } from './inference.js';
import { ThreadInference } from './threadInference.js';

/** CUDA goes through onnxruntime-node's binding, and so does the CPU where the C API cannot be called. */
export async function startInference(device: string): Promise<FrameInference> {
  if (parseWorkerDevice(device).kind === 'cuda') return new ThreadInference(device);
  try {
    return new ApiInference(await openRuntime());
  } catch (error) {
    if (error instanceof RuntimeUnavailable) return new ThreadInference(device);
    throw error;
  }
}
