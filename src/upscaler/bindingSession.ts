import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../lib/errors.js';
import { cudaProblem } from '../runtime/cuda.js';
import { DEVICES, type Device } from '../runtime/devices.js';
import type { Picture } from './picture.js';
import type { UpscaleModel } from './protocol.js';
import { messageOf, type OpenGraph } from './session.js';
import { openingError, runningError } from './sessionErrors.js';
import { isOutOfMemory } from './tiler.js';

// What goes wrong is thrown; the library would print it as well.
env.logLevel = 'fatal';

/** Opens graphs through onnxruntime-node's binding, whose `run` blocks the loop that it is called on. */
export const openByBinding =
  (device: Device): OpenGraph =>
  async (graph, model) => {
    if (model.provider || !['cpu', 'cuda'].includes(device.kind))
      throw new UserError(
        `${model.provider ?? device.kind} cannot be used here: run reelscale doctor, or use --device cpu`,
      );
    const session = await create(graph, model, device);
    return {
      run: async (input, output) => {
        try {
          // The network writes into the caller's buffer.
          const { nan } = await session.run({ frame: tensor(input) }, { upscaled: tensor(output), nan: null });
          return { nan: nan?.data[0] !== 0 };
        } catch (error) {
          throw runningError(error, model);
        }
      },
      release: () => session.release(),
    };
  };

async function create(graph: Uint8Array, model: UpscaleModel, device: Device): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(graph, {
      executionProviders: [device.kind === 'cuda' ? { name: 'cuda', deviceId: device.id } : 'cpu'],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 4,
    });
  } catch (error) {
    const message = messageOf(error);
    if (device.kind === 'cuda' && !isOutOfMemory(error) && /cuda|shared library/i.test(message)) {
      throw new UserError(
        `cuda:${device.id} cannot be used (${cudaProblem(error) ?? message}): ${DEVICES.cuda.advice}`,
      );
    }
    throw openingError(error, model);
  }
}

function tensor({ data, width, height, planes }: Picture): Tensor {
  const dims = [1, planes, height, width];
  return data instanceof Uint8Array ? new Tensor('uint8', data, dims) : new Tensor('uint16', data, dims);
}
