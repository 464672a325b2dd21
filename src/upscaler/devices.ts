import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { DEVICES, type DeviceKind, kindNamed, parseDevice } from '../runtime/devices.js';
import type { PluginKind } from '../runtime/deviceWays.js';
import { openvinoPlugin } from '../runtime/openvinoFiles.js';
import { listGpus } from './gpus.js';
import { findByPlugin } from './plugins.js';

export const deviceSchema = z.object({
  /** As `parseWorkerDevice` reads it. */
  device: z.string(),
  tags: z.array(z.string()),
  /** What people call it. */
  label: z.string(),
});
export type Device = z.infer<typeof deviceSchema>;

/** What computes networks on a device that was chosen, where it is not ONNX Runtime's own provider. */
export function providerOf(device: string | undefined): DeviceKind['provider'] {
  if (device === undefined) return undefined;
  return kindNamed(device).provider;
}

/** Tags whose queues a device serves, before the user's own. */
export function deviceTags(device: string, openvino = openvinoPlugin() !== undefined): string[] {
  const { kind } = parseDevice(device);
  if (kind === 'cuda') return [device, 'gpu'];
  return kind === 'cpu' && openvino ? [device, DEVICES['openvino:cpu'].name] : [device];
}

/**
 * Every NVIDIA GPU that ONNX Runtime can use, then the CPU, which takes only jobs that ask for it where there is a
 * GPU; then what plugins find, which takes only jobs that ask for it.
 */
export async function discoverDevices(): Promise<Device[]> {
  const gpus = hasCudaProvider() ? await listGpus() : [];
  return [
    ...gpus.map(({ index, label }) => describe(`cuda:${index}`, label)),
    describe('cpu', os.cpus()[0]?.model.trim() || 'CPU'),
    ...(await pluginDevices('openvino:gpu')),
    ...(await pluginDevices('openvino:npu')),
    // The same GPU as CUDA's, perhaps, and two networks on one are slower: then only who starts a worker has it.
    ...(gpus.length > 0 ? [] : [...(await pluginDevices('tensorrt-rtx')), ...(await pluginDevices('webgpu'))]),
  ];
}

async function pluginDevices(kind: PluginKind): Promise<Device[]> {
  const found = await findByPlugin(kind);
  return found && 'devices' in found ? found.devices.map(({ device, label }) => describe(device, label)) : [];
}

const describe = (device: string, label: string): Device => ({ device, tags: deviceTags(device), label });

/** Whether the optional CUDA part of onnxruntime-node was fetched. */
export function hasCudaProvider(): boolean {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const binaries = path.join(path.dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return existsSync(path.join(binaries, 'libonnxruntime_providers_cuda.so'));
}
