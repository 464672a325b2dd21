import { cudaProblem } from '../runtime/cuda.js';
import {
  DEVICES,
  type Device,
  type KindName,
  kindFor,
  nameOf,
  requirePrecision,
  unusable,
} from '../runtime/devices.js';
import { findWay, type Way } from '../runtime/deviceWays.js';
import { RuntimeUnavailable } from '../runtime/ortError.js';
import type { Runtime } from '../runtime/runtime.js';
import { NativeSession } from '../runtime/session.js';
import type { SessionOptions } from '../runtime/sessionOptions.js';
import type { Tensor } from '../runtime/tensor.js';
import { requireLikeness } from './likeness.js';
import type { Picture } from './picture.js';
import type { UpscaleModel } from './protocol.js';
import type { OpenGraph, Session } from './session.js';
import { openingError, runningError } from './sessionErrors.js';
import { type FrameNet, isOutOfMemory } from './tiler.js';

interface Opening {
  runtime: Runtime;
  graph: Uint8Array;
  model: UpscaleModel;
  stop: (() => AbortSignal) | undefined;
  device: Device;
}

/**
 * Opens graphs through ONNX Runtime's C API, which leaves the loop free.
 * @param stop the signal that ends a run which begins now; the run then throws its reason.
 */
export const openByApi =
  (runtime: Runtime, device: Device, stop?: () => AbortSignal): OpenGraph =>
  async (graph, model, precision) => {
    const kind = kindFor(device, model.provider);
    // The CPU's own provider computes in fp16 too, slower than in fp32: no job asks for that.
    if (kind !== 'cpu' || precision === 'bf16') requirePrecision(DEVICES[kind], precision);
    const computing = { kind, id: device.id };
    const opening = { runtime, graph, model, stop, device: computing };
    const way = await wayOrRefuse(computing, findWay(runtime, computing, precision, graph));
    if (way) return guardedSession(opening, way);
    const session = await create(opening);
    return { run: (input, output) => run(session, opening, input, output), release: () => session.release() };
  };

async function wayOrRefuse(device: Device, finding: Promise<Way | undefined>): Promise<Way | undefined> {
  try {
    return await finding;
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable)) throw error;
    throw unusable(device, error.message);
  }
}

/** The key of a session for pictures of any size. */
const ANY = 'any';

/**
 * Where a device knows the size of the pictures, each of its sessions keeps memory for it: there are no more of them
 * than sizes if it has to know, else one, for one size where all pictures have it. What it makes is compared with the
 * CPU's before the first.
 */
async function guardedSession(opening: Opening, way: Way): Promise<Session> {
  const sessions = new Map<string, NativeSession>();
  let sizes = 0;
  let compared: Promise<void> | undefined;
  // What cannot be opened at all is told before the first frame, where that is not in vain.
  if (!way.fixed) sessions.set(ANY, await create(opening, way.options()));
  const release = async (): Promise<void> => {
    for (const session of sessions.values()) await session.release();
    sessions.clear();
  };
  return {
    expect: (expected) => {
      sizes = expected.length;
    },
    run: async (input, output) => {
      await (compared ??= compare(opening, way, input));
      const always = way.fixed === 'always';
      const shape = always || (way.fixed && sizes === 1) ? shapeOf(input) : undefined;
      const key = shape ? JSON.stringify(shape) : ANY;
      let session = sessions.get(key);
      if (!session) {
        if (sessions.size >= (always ? sizes : 1)) await release();
        session = await create(opening, way.options(shape));
        sessions.set(key, session);
      }
      return run(session, opening, input, output);
    },
    release,
  };
}

const shapeOf = (input: Picture): Record<string, readonly number[]> => ({ frame: tensor(input).dims });

/** Whether a device makes the pictures that the CPU's own provider makes; once for a model. */
async function compare(opening: Opening, way: Way, like: Picture): Promise<void> {
  const opened: NativeSession[] = [];
  // The picture that both are shown has the size of its own.
  const net = (options: (input: Picture) => SessionOptions | undefined): FrameNet => ({
    run: async (input, output) => {
      const session = await create(opening, options(input));
      opened.push(session);
      return run(session, opening, input, output);
    },
  });
  const tried = net((input) => way.options(way.fixed === 'always' ? shapeOf(input) : undefined));
  try {
    await requireLikeness(
      net(() => undefined),
      { name: nameOf(opening.device), net: tried },
      opening.model,
      like,
    );
  } finally {
    for (const session of opened) await session.release();
  }
}

/** Kinds whose driver's complaints are known. */
const OF_NVIDIA: readonly KindName[] = ['cuda', 'tensorrt-rtx'];

/** @param options without them the CPU's own provider computes. */
async function create({ runtime, graph, model, device }: Opening, options?: SessionOptions): Promise<NativeSession> {
  try {
    return await NativeSession.create(runtime, graph, options);
  } catch (error) {
    const problem = OF_NVIDIA.includes(device.kind) && !isOutOfMemory(error) ? cudaProblem(error) : undefined;
    if (problem !== undefined) throw unusable(device, problem);
    throw openingError(error, model);
  }
}

async function run(session: NativeSession, { model, stop, device }: Opening, input: Picture, output: Picture) {
  const nan = new Uint8Array(1);
  try {
    await session.run(
      { frame: tensor(input) },
      { upscaled: tensor(output), nan: { type: 'uint8', dims: [], data: nan } },
      stop?.(),
    );
  } catch (error) {
    throw runningError(error, model, device);
  }
  return { nan: nan[0] !== 0 };
}

const tensor = ({ data, width, height, planes }: Picture): Tensor => ({
  type: data instanceof Uint8Array ? 'uint8' : 'uint16',
  dims: [1, planes, height, width],
  data,
});
