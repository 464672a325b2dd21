import path from 'node:path';
import { UserError, WorldError } from '../lib/errors.js';
import { type Device, nameOf } from '../runtime/devices.js';
import type { UpscaleModel } from './protocol.js';
import { messageOf } from './session.js';
import { isOutOfMemory } from './tiler.js';

/** What a failure of ONNX Runtime to open a model's graph means. */
export function openingError(error: unknown, { file }: UpscaleModel): Error {
  const message = messageOf(error);
  if (isOutOfMemory(error)) return new WorldError(`no memory for the model ${path.basename(file)}: ${message}`);
  return new UserError(`the model ${path.basename(file)} cannot be loaded: ${message}`);
}

/** How CUDA, Vulkan, OpenCL and Level Zero say that a device was taken away, or no longer answers. */
const GONE =
  /\bCUDA (failure|error)\b|\bcudaError|\bdevice (is |was |has been )?lost\b|DEVICE_LOST|CL_DEVICE_NOT_AVAILABLE/i;

/** What a failure to run it means. */
export function runningError(error: unknown, { file, scale }: UpscaleModel, device: Device): unknown {
  const message = messageOf(error);
  if (/output OrtValue provided for output|shape mismatch/i.test(message))
    return new UserError(`the model ${path.basename(file)} does not enlarge by ${scale}`);
  if (isOutOfMemory(error) || !GONE.test(message)) return error;
  return new WorldError(`${nameOf(device)} is gone, or no longer answers: ${message.split('\n')[0]}`);
}
