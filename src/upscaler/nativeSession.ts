import { UserError } from '../lib/errors.js';
import { kindOf, type Precision, requirePrecision } from '../runtime/devices.js';
import {
  NO_FALLBACK,
  type OpenvinoCpu,
  type OpenvinoPrecision,
  openvinoCpu,
  openvinoProvider,
} from '../runtime/openvino.js';
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
import type { FrameNet } from './tiler.js';

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
  (runtime: Runtime, stop?: () => AbortSignal): OpenGraph =>
  async (graph, model, precision) => {
    const opening = { runtime, graph, model, stop };
    // The CPU's own provider computes in fp16 too, slower than in fp32: no job asks for that.
    if (model.provider || precision === 'bf16') requirePrecision(kindOf(model.provider, 'cpu'), precision);
    if (model.provider) return openvinoSession(opening, await openvinoOrRefuse(runtime), precision);
    const session = await create(opening);
    return { run: (input, output) => run(session, opening, input, output), release: () => session.release() };
  };

async function openvinoOrRefuse(runtime: Runtime): Promise<OpenvinoCpu> {
  try {
    return await openvinoCpu(runtime);
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable)) throw error;
    throw new UserError(`openvino:cpu cannot be used: ${error.message}`);
  }
}

/**
 * OpenVINO is faster where it knows the size of the pictures, and each session keeps memory for it: so there is one
 * session, for one size where all pictures have it.
 */
function openvinoSession(opening: Opening, cpu: OpenvinoCpu, asked: Precision): Session {
  const precision = asked === 'bf16' ? asked : 'fp32';
  if (precision === 'bf16' && !cpu.bf16) throw new UserError(`${cpu.name} does not compute in bf16: use fp32`);
  let sizes = 0;
  let compared: Promise<void> | undefined;
  let current: { key: string; session: NativeSession } | undefined;
  const release = async (): Promise<void> => {
    await current?.session.release();
    current = undefined;
  };
  return {
    expect: (expected) => {
      sizes = expected.length;
    },
    run: async (input, output) => {
      await (compared ??= compare(opening, cpu, precision, input));
      const shape = sizes === 1 ? { frame: tensor(input).dims } : undefined;
      const key = JSON.stringify(shape ?? {});
      if (current?.key !== key) {
        await release();
        current = { key, session: await createOpenvino(opening, cpu, precision, shape) };
      }
      return run(current.session, opening, input, output);
    },
    release,
  };
}

const createOpenvino = (
  opening: Opening,
  cpu: OpenvinoCpu,
  precision: OpenvinoPrecision,
  shape?: Record<string, readonly number[]>,
): Promise<NativeSession> =>
  create(opening, { provider: openvinoProvider(cpu, precision, shape), config: NO_FALLBACK });

/** Whether OpenVINO makes the pictures that the CPU's own provider makes; once for a model. */
async function compare(
  opening: Opening,
  cpu: OpenvinoCpu,
  precision: OpenvinoPrecision,
  like: Picture,
): Promise<void> {
  const [reference, tried] = [await create(opening), await createOpenvino(opening, cpu, precision)];
  const net = (session: NativeSession): FrameNet => ({ run: (input, output) => run(session, opening, input, output) });
  try {
    await requireLikeness(net(reference), net(tried), opening.model, like);
  } finally {
    await Promise.all([reference.release(), tried.release()]);
  }
}

async function create({ runtime, graph, model }: Opening, options?: SessionOptions): Promise<NativeSession> {
  try {
    return await NativeSession.create(runtime, graph, options);
  } catch (error) {
    throw openingError(error, model);
  }
}

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
