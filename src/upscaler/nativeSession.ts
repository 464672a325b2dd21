import { UserError } from '../lib/errors.js';
import { cudaProblem } from '../runtime/cuda.js';
import { DEVICES, type Device, type KindName, kindFor, requirePrecision } from '../runtime/devices.js';
import { RuntimeUnavailable } from '../runtime/ortError.js';
import type { Runtime } from '../runtime/runtime.js';
import { NativeSession } from '../runtime/session.js';
import type { SessionOptions } from '../runtime/sessionOptions.js';
import type { Tensor } from '../runtime/tensor.js';
import { findWay, type Way } from './deviceWays.js';
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
}

/**
 * Opens graphs through ONNX Runtime's C API, which leaves the loop free.
 * @param stop the signal that ends a run which begins now; the run then throws its reason.
 */
export const openByApi =
  (runtime: Runtime, device: Device, stop?: () => AbortSignal): OpenGraph =>
  async (graph, model, precision) => {
    const opening = { runtime, graph, model, stop };
    const kind = kindFor(device, model.provider);
    // The CPU's own provider computes in fp16 too, slower than in fp32: no job asks for that.
    if (kind !== 'cpu' || precision === 'bf16') requirePrecision(DEVICES[kind], precision);
    const name = DEVICES[kind].name.replace(':N', `:${device.id}`);
    const way = await wayOrRefuse(name, kind, findWay(runtime, kind, device.id, precision));
    if (way) return guardedSession(opening, name, way);
    const session = await create(opening);
    return { run: (input, output) => run(session, opening, input, output), release: () => session.release() };
  };

async function wayOrRefuse(name: string, kind: KindName, finding: Promise<Way | undefined>): Promise<Way | undefined> {
  try {
    return await finding;
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable)) throw error;
    throw unusable(name, kind, error.message);
  }
}

/** The key of a session for pictures of any size. */
const ANY = 'any';

/**
 * Where a device is faster when it knows the size of the pictures, each of its sessions keeps memory for it: so there
 * is one session, for one size where all pictures have it. What it makes is compared with the CPU's before the first.
 */
async function guardedSession(opening: Opening, name: string, way: Way): Promise<Session> {
  let sizes = 0;
  let compared: Promise<void> | undefined;
  // What cannot be opened at all is told before the first frame, where that is not in vain.
  let current = way.fixed ? undefined : { key: ANY, session: await create(opening, way.options()) };
  const release = async (): Promise<void> => {
    await current?.session.release();
    current = undefined;
  };
  return {
    expect: (expected) => {
      sizes = expected.length;
    },
    run: async (input, output) => {
      await (compared ??= compare(opening, name, way, input));
      const shape = way.fixed && sizes === 1 ? { frame: tensor(input).dims } : undefined;
      const key = shape ? JSON.stringify(shape) : ANY;
      if (current?.key !== key) {
        await release();
        current = { key, session: await create(opening, way.options(shape)) };
      }
      return run(current.session, opening, input, output);
    },
    release,
  };
}

/** Whether a device makes the pictures that the CPU's own provider makes; once for a model. */
async function compare(opening: Opening, name: string, way: Way, like: Picture): Promise<void> {
  const [reference, tried] = [await create(opening), await create(opening, way.options())];
  const net = (session: NativeSession): FrameNet => ({ run: (input, output) => run(session, opening, input, output) });
  try {
    await requireLikeness(net(reference), { name, net: net(tried) }, opening.model, like);
  } finally {
    await Promise.all([reference.release(), tried.release()]);
  }
}

async function create({ runtime, graph, model }: Opening, options?: SessionOptions): Promise<NativeSession> {
  try {
    return await NativeSession.create(runtime, graph, options);
  } catch (error) {
    const { provider } = options ?? {};
    const problem = provider?.kind === 'cuda' && !isOutOfMemory(error) ? cudaProblem(error) : undefined;
    if (problem !== undefined) throw unusable(`cuda:${provider?.options['device_id']}`, 'cuda', problem);
    throw openingError(error, model);
  }
}

const unusable = (name: string, kind: KindName, why: string): UserError =>
  new UserError(`${name} cannot be used (${why}): ${DEVICES[kind].advice}`);

async function run(session: NativeSession, { model, stop }: Opening, input: Picture, output: Picture) {
  const nan = new Uint8Array(1);
  try {
    await session.run(
      { frame: tensor(input) },
      { upscaled: tensor(output), nan: { type: 'uint8', dims: [], data: nan } },
      stop?.(),
    );
  } catch (error) {
    throw runningError(error, model);
  }
  return { nan: nan[0] !== 0 };
}

const tensor = ({ data, width, height, planes }: Picture): Tensor => ({
  type: data instanceof Uint8Array ? 'uint8' : 'uint16',
  dims: [1, planes, height, width],
  data,
});
