import { UserError } from '../lib/errors.js';
import { cudaOptions, requireCudaLibraries } from './cuda.js';
import { type Device, nameOf, type Precision } from './devices.js';
import type { EpDevice } from './epDevices.js';
import {
  NO_FALLBACK,
  type OpenvinoDevice,
  openvinoCpu,
  openvinoGpu,
  openvinoOf,
  openvinoProvider,
} from './openvino.js';
import type { Runtime } from './runtime.js';
import type { SessionOptions } from './sessionOptions.js';
import { engineFolder, tensorrtRtxDevice, tensorrtRtxDevices, tensorrtRtxOptions } from './tensorrtRtx.js';
import { webgpuDevice, webgpuDevices, webgpuOptions } from './webgpu.js';

/** How a device other than the CPU's own provider computes a network. */
export interface Way {
  /** Whether it has to know the pictures' size, or is faster where it does. */
  fixed?: 'always' | 'faster';
  /** @param shape sizes of inputs by name, where all pictures have them. */
  options: (shape?: Readonly<Record<string, readonly number[]>>) => SessionOptions;
}

/**
 * How jobs, and all that try a device for them, make sessions on it.
 * @param network its ONNX file.
 * @returns undefined for the CPU's own provider.
 * @throws RuntimeUnavailable where it cannot be had. @throws UserError for a precision that this hardware lacks.
 */
export async function findWay(
  runtime: Runtime,
  { kind, id }: Device,
  precision: Precision,
  network: Uint8Array,
): Promise<Way | undefined> {
  switch (kind) {
    case 'cpu':
      return undefined;
    case 'openvino:cpu': {
      const cpu = await openvinoCpu(runtime);
      if (precision === 'bf16' && !cpu.bf16) throw new UserError(`${cpu.name} does not compute in bf16: use fp32`);
      return openvinoWay(cpu, precision, 'faster');
    }
    case 'openvino:gpu':
      return openvinoWay(await openvinoGpu(runtime, id), precision, 'faster');
    case 'openvino:npu': {
      const [npu] = await openvinoOf(runtime, 'NPU');
      return openvinoWay(npu, precision, 'always');
    }
    case 'webgpu': {
      const device = await webgpuDevice(runtime, id);
      return { options: () => webgpuOptions(device) };
    }
    case 'tensorrt-rtx': {
      const [device, engines] = [await tensorrtRtxDevice(runtime, id), await engineFolder(network)];
      return { options: () => tensorrtRtxOptions(device, engines) };
    }
    case 'cuda':
      await requireCudaLibraries();
      return { options: () => cudaOptions(id) };
  }
}

const openvinoWay = (device: OpenvinoDevice, precision: Precision, fixed: NonNullable<Way['fixed']>): Way => ({
  fixed,
  options: (shape) => ({ provider: openvinoProvider(device, precision, shape), config: NO_FALLBACK }),
});

/** Kinds whose devices are told by a plugin. */
export const PLUGIN_KINDS = ['openvino:gpu', 'openvino:npu', 'tensorrt-rtx', 'webgpu'] as const;
export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** A plugin's devices of one kind, with what people call them. @throws RuntimeUnavailable where there is none. */
export async function devicesOf(runtime: Runtime, kind: PluginKind): Promise<{ device: string; label: string }[]> {
  const labels = await labelsOf(runtime, kind);
  return labels.map((label, id) => ({ device: nameOf({ kind, id }), label }));
}

async function labelsOf(runtime: Runtime, kind: PluginKind): Promise<string[]> {
  switch (kind) {
    case 'openvino:gpu':
      return (await openvinoOf(runtime, 'GPU')).map(({ name }) => name);
    case 'openvino:npu':
      return [(await openvinoOf(runtime, 'NPU'))[0].name];
    case 'tensorrt-rtx':
      return (await tensorrtRtxDevices(runtime)).map(labelOf);
    case 'webgpu':
      return (await webgpuDevices(runtime)).map(labelOf);
  }
}

const labelOf = ({ vendor, metadata }: EpDevice): string =>
  metadata['Description'] ?? `GPU of ${vendor || 'some maker'}`;
