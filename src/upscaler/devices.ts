import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { DEVICES, type DeviceKind, parseDevice } from '../runtime/devices.js';
import { openvinoPlugin } from '../runtime/openvinoFiles.js';
import { listGpus } from './gpus.js';

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
  const { provider }: DeviceKind = DEVICES[parseDevice(device).kind];
  return provider;
}

/** Tags whose queues a device serves, before the user's own. */
export function deviceTags(device: string, openvino = openvinoPlugin() !== undefined): string[] {
  if (DEVICES[parseDevice(device).kind].hardware === 'gpu') return [device, 'gpu'];
  return openvino ? [device, DEVICES['openvino:cpu'].name] : [device];
}

/**
 * Every NVIDIA GPU that ONNX Runtime can use, then the CPU, which takes only jobs that ask for it where there is a
 * GPU.
 */
export async function discoverDevices(): Promise<Device[]> {
  const gpus = hasCudaProvider() ? await listGpus() : [];
  return [
    ...gpus.map(({ index, label }) => describe(`cuda:${index}`, label)),
    describe('cpu', os.cpus()[0]?.model.trim() || 'CPU'),
  ];
}

const describe = (device: string, label: string): Device => ({ device, tags: deviceTags(device), label });

/** Whether the optional CUDA part of onnxruntime-node was fetched. */
export function hasCudaProvider(): boolean {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const binaries = path.join(path.dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return existsSync(path.join(binaries, 'libonnxruntime_providers_cuda.so'));
}
