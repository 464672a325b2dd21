import path from 'node:path';
import { UserError, WorldError } from '../lib/errors.js';
import type { UpscaleModel } from './protocol.js';
import { messageOf } from './session.js';
import { isOutOfMemory } from './tiler.js';

/** What a failure of ONNX Runtime to open a model's graph means. */
export function openingError(error: unknown, { file }: UpscaleModel): Error {
  const message = messageOf(error);
  if (isOutOfMemory(error)) return new WorldError(`no memory for the model ${path.basename(file)}: ${message}`);
  return new UserError(`the model ${path.basename(file)} cannot be loaded: ${message}`);
}

/** What a failure to run it means. */
export function runningError(error: unknown, { file, scale }: UpscaleModel): unknown {
  return /output OrtValue provided for output|shape mismatch/i.test(messageOf(error))
    ? new UserError(`the model ${path.basename(file)} does not enlarge by ${scale}`)
    : error;
}
