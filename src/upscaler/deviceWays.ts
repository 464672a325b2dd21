import { UserError } from '../lib/errors.js';
import { cudaOptions, requireCudaLibraries } from '../runtime/cuda.js';
import type { KindName, Precision } from '../runtime/devices.js';
import { NO_FALLBACK, openvinoCpu, openvinoProvider } from '../runtime/openvino.js';
import type { Runtime } from '../runtime/runtime.js';
import type { SessionOptions } from '../runtime/sessionOptions.js';
import { webgpuDevice, webgpuOptions } from '../runtime/webgpu.js';

/** How a device other than the CPU's own provider computes a network. */
export interface Way {
  /** Whether it is faster where it knows the pictures' size. */
  fixed: boolean;
  /** @param shape sizes of inputs by name, where all pictures have them. */
  options: (shape?: Readonly<Record<string, readonly number[]>>) => SessionOptions;
}

/**
 * @returns undefined for the CPU's own provider.
 * @throws RuntimeUnavailable where it cannot be had. @throws UserError for a precision that this hardware lacks.
 */
export async function findWay(
  runtime: Runtime,
  kind: KindName,
  id: number,
  precision: Precision,
): Promise<Way | undefined> {
  switch (kind) {
    case 'cpu':
      return undefined;
    case 'openvino:cpu': {
      const cpu = await openvinoCpu(runtime);
      if (precision === 'bf16' && !cpu.bf16) throw new UserError(`${cpu.name} does not compute in bf16: use fp32`);
      return {
        fixed: true,
        options: (shape) => ({
          provider: openvinoProvider(cpu, precision === 'bf16' ? 'bf16' : 'fp32', shape),
          config: NO_FALLBACK,
        }),
      };
    }
    case 'webgpu': {
      const device = await webgpuDevice(runtime, id);
      return { fixed: false, options: () => webgpuOptions(device) };
    }
    case 'cuda':
      await requireCudaLibraries();
      return { fixed: false, options: () => cudaOptions(id) };
  }
}
