import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { libraryOf } from '../runtime/bundle.js';
import { DEVICES, type DeviceKind, kindNamed, parseDevice } from '../runtime/devices.js';
import { openvinoPlugin } from '../runtime/openvinoFiles.js';
import { type ProbedGpus, probeWebgpu } from '../runtime/probed.js';
import { WEBGPU } from '../runtime/webgpuFiles.js';
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
 * GPU; then, where there are none, the GPUs of WebGPU, which take only jobs that ask for them.
 */
export async function discoverDevices(): Promise<Device[]> {
  const gpus = hasCudaProvider() ? await listGpus() : [];
  return [
    ...gpus.map(({ index, label }) => describe(`cuda:${index}`, label)),
    describe('cpu', os.cpus()[0]?.model.trim() || 'CPU'),
    // The same GPU as CUDA's, perhaps, and two networks on one are slower: then only who asks for it gets it.
    ...(gpus.length > 0 ? [] : await webgpuGpus()),
  ];
}

let probed: Promise<ProbedGpus> | undefined;

/** GPUs that WebGPU can use, once it was set up. */
async function webgpuGpus(): Promise<Device[]> {
  if (libraryOf(WEBGPU) === undefined) return [];
  const found = await (probed ??= probeWebgpu());
  return 'gpus' in found ? found.gpus.map((label, id) => describe(`webgpu:${id}`, label)) : [];
}

const describe = (device: string, label: string): Device => ({ device, tags: deviceTags(device), label });

/** Whether the optional CUDA part of onnxruntime-node was fetched. */
export function hasCudaProvider(): boolean {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const binaries = path.join(path.dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return existsSync(path.join(binaries, 'libonnxruntime_providers_cuda.so'));
}
