import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../lib/digest.js';
import { UserError, WorldError } from '../lib/errors.js';
import { hasCode } from '../lib/systemErrors.js';
import { wrapForFrames } from '../models/graph.js';
import type { Precision } from '../runtime/devices.js';
import type { UpscaleModel } from './protocol.js';
import type { FrameNet } from './tiler.js';

export interface Session extends FrameNet {
  release(): Promise<void>;
}

/** Opens the graph that `wrapForFrames` made of a model: by the C API, or by onnxruntime-node's binding. */
export type OpenGraph = (graph: Uint8Array, model: UpscaleModel, precision: Precision) => Promise<Session>;

export interface SessionOptions {
  /** What the network computes in, whatever the model says. */
  precision: Precision;
  bitDepth: 8 | 16;
  onNotice: (message: string) => void;
}

/**
 * Loads a model onto a device. There is no fallback to another device or precision.
 * @throws UserError when the file is missing, not the one that the job was made with, no usable network, or the device
 * cannot be used.
 */
export async function loadSession(model: UpscaleModel, options: SessionOptions, open: OpenGraph): Promise<Session> {
  return open(wrapped(await readModel(model), model, options), model, options.precision);
}

async function readModel({ file, digest }: UpscaleModel): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT'))
      throw new UserError(`the model ${file} is not on this host: pull it, or mount the models' folder here`);
    throw new WorldError(`the model ${file} cannot be read: ${messageOf(error)}`);
  }
  if (digestOf(bytes) !== digest) throw new UserError(`the model ${file} was changed since the job was made`);
  return bytes;
}

function wrapped(
  bytes: Uint8Array,
  { file, pixels, blend, scale }: UpscaleModel,
  { precision, bitDepth, onNotice }: SessionOptions,
): Uint8Array {
  try {
    // The provider itself rounds to bfloat16.
    const graphPrecision = precision === 'bf16' ? 'fp32' : precision;
    return wrapForFrames(bytes, { pixels, bitDepth, precision: graphPrecision, blend, scale, onNotice });
  } catch (error) {
    throw new UserError(`the model ${path.basename(file)} cannot be used: ${messageOf(error)}`);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
