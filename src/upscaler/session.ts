import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError, WorldError } from '../lib/errors.js';
import { hasCode } from '../lib/systemErrors.js';
import { wrapForFrames } from '../models/graph.js';
import type { FloatPrecision } from '../models/precision.js';
import type { Device } from './device.js';
import type { Picture } from './picture.js';
import type { UpscaleModel } from './protocol.js';
import { type FrameNet, isOutOfMemory } from './tiler.js';

// What goes wrong is thrown; the library would print it as well.
env.logLevel = 'fatal';

export interface Session extends FrameNet {
  release(): Promise<void>;
}

export interface SessionOptions {
  device: Device;
  /** What the network computes in, whatever the model says. */
  precision: FloatPrecision;
  bitDepth: 8 | 16;
  onNotice: (message: string) => void;
}

/**
 * Loads a model onto a device. There is no fallback to another device or precision.
 * @throws UserError when the file is missing, not the one that the job was made with, no usable network, or the device
 * cannot be used.
 */
export async function loadSession(model: UpscaleModel, options: SessionOptions): Promise<Session> {
  const bytes = wrapped(await readModel(model), model, options);
  const session = await createSession(bytes, model, options.device);
  return { run: (input, output) => runSession(session, model, input, output), release: () => session.release() };
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
  if (createHash('sha256').update(bytes).digest('hex') !== digest)
    throw new UserError(`the model ${file} was changed since the job was made`);
  return bytes;
}

function wrapped(
  bytes: Uint8Array,
  { file, pixels, blend, scale }: UpscaleModel,
  { precision, bitDepth, onNotice }: SessionOptions,
): Uint8Array {
  try {
    return wrapForFrames(bytes, { pixels, bitDepth, precision, blend, scale, onNotice });
  } catch (error) {
    throw new UserError(`the model ${path.basename(file)} cannot be used: ${messageOf(error)}`);
  }
}

async function createSession(bytes: Uint8Array, { file }: UpscaleModel, device: Device): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: [device.kind === 'cuda' ? { name: 'cuda', deviceId: device.id } : 'cpu'],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    });
  } catch (error) {
    const message = messageOf(error);
    if (isOutOfMemory(error)) throw new WorldError(`no memory for the model ${path.basename(file)}: ${message}`);
    if (device.kind === 'cuda' && /cuda|shared library/i.test(message)) {
      throw new UserError(
        `CUDA device ${device.id} cannot be used on this host (${message}): ` +
          'run `npm run setup:cuda`, check the driver, or use --device cpu',
      );
    }
    throw new UserError(`the model ${path.basename(file)} cannot be loaded: ${message}`);
  }
}

async function runSession(
  session: InferenceSession,
  { file, scale }: UpscaleModel,
  input: Picture,
  output: Picture,
): Promise<{ nan: boolean }> {
  const feeds = { frame: tensor(input) };
  try {
    // The network writes into the caller's buffer.
    const { nan } = await session.run(feeds, { upscaled: tensor(output), nan: null });
    return { nan: nan?.data[0] !== 0 };
  } catch (error) {
    if (/output OrtValue provided for output|shape mismatch/i.test(messageOf(error))) {
      throw new UserError(`the model ${path.basename(file)} does not enlarge by ${scale}`);
    }
    throw error;
  }
}

function tensor({ data, width, height, planes }: Picture): Tensor {
  const dims = [1, planes, height, width];
  return data instanceof Uint8Array ? new Tensor('uint8', data, dims) : new Tensor('uint16', data, dims);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
