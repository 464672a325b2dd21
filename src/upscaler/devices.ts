import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { openvinoPlugin } from '../runtime/openvinoFiles.js';
import { listGpus } from './gpus.js';

export const deviceSchema = z.object({
  /** `cpu`, or `cuda:N`. */
  device: z.string(),
  tags: z.array(z.string()),
  /** What people call it. */
  label: z.string(),
});
export type Device = z.infer<typeof deviceSchema>;

/** The name of the processor where OpenVINO computes: a device to choose, and a tag that the CPU serves too. */
const OPENVINO_CPU = 'openvino:cpu';

/** What computes networks on a device that was chosen, where it is not ONNX Runtime's own provider. */
export const providerOf = (device: string | undefined): 'openvino' | undefined =>
  device === OPENVINO_CPU ? 'openvino' : undefined;

/** Tags whose queues a device serves, before the user's own. */
export function deviceTags(device: string, openvino = openvinoPlugin() !== undefined): string[] {
  if (device !== 'cpu') return [device, 'gpu'];
  return openvino ? ['cpu', OPENVINO_CPU] : ['cpu'];
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
