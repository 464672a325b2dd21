import { parseWorkerDevice } from '../runtime/devices.js';
import { RuntimeUnavailable } from '../runtime/ortError.js';
import { openRuntime } from '../runtime/runtime.js';
import { ApiInference } from './apiInference.js';
import type { FrameInference } from './inference.js';
import { ThreadInference } from './threadInference.js';

/** Where the C API cannot be called, onnxruntime-node's binding does what it can. */
export async function startInference(device: string): Promise<FrameInference> {
  const parsed = parseWorkerDevice(device);
  try {
    return new ApiInference(await openRuntime(), parsed);
  } catch (error) {
    if (error instanceof RuntimeUnavailable) return new ThreadInference(device);
    throw error;
  }
}
