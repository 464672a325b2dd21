import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../lib/errors.js';
import { type BindingDevice, isBindingDevice, openBinding } from '../runtime/binding.js';
import { cudaProblem } from '../runtime/cuda.js';
import { type Device, unusable } from '../runtime/devices.js';
import type { Picture } from './picture.js';
import type { UpscaleModel } from './protocol.js';
import { messageOf, type OpenGraph } from './session.js';
import { openingError, runningError } from './sessionErrors.js';
import { isOutOfMemory } from './tiler.js';

/** Opens graphs through onnxruntime-node's binding, whose `run` blocks the loop that it is called on. */
export const openByBinding =
  (device: Device): OpenGraph =>
  async (graph, model) => {
    if (model.provider || !isBindingDevice(device))
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
          throw runningError(error, model, device);
        }
      },
      release: () => session.release(),
    };
  };

async function create(graph: Uint8Array, model: UpscaleModel, device: BindingDevice): Promise<InferenceSession> {
  try {
    return await openBinding(graph, device);
  } catch (error) {
    const message = messageOf(error);
    if (device.kind === 'cuda' && !isOutOfMemory(error) && /cuda|shared library/i.test(message))
      throw unusable(device, cudaProblem(error) ?? message);
    throw openingError(error, model);
  }
}

function tensor({ data, width, height, planes }: Picture): Tensor {
  const dims = [1, planes, height, width];
  return data instanceof Uint8Array ? new Tensor('uint8', data, dims) : new Tensor('uint16', data, dims);
}
