import { parseWorkerDevice } from '../runtime/devices.js';
import { findRuntime } from '../runtime/runtime.js';
import { ApiInference } from './apiInference.js';
import type { FrameInference } from './inference.js';
import { ThreadInference } from './threadInference.js';

/** Where the C API cannot be called, onnxruntime-node's binding does what it can. */
export async function startInference(device: string): Promise<FrameInference> {
  const parsed = parseWorkerDevice(device);
  const runtime = await findRuntime();
  return runtime ? new ApiInference(runtime, parsed) : new ThreadInference(device);
}
