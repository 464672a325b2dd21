import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import os from 'node:os';
import { execa } from 'execa';
import { tied } from '../media/tools.js';
import type { Device } from './protocol.js';

/** Tags whose queues a device serves, before the user's own. */
export const deviceTags = (device: string): string[] => (device === 'cpu' ? ['cpu'] : [device, 'gpu']);

/** Every NVIDIA GPU that ONNX Runtime can use, then the CPU, which takes only jobs that ask for it where there is a GPU. */
export async function discoverDevices(): Promise<Device[]> {
  const gpus = hasCudaProvider() ? await listGpus() : [];
  return [...gpus.map(({ index, label }) => describe(`cuda:${index}`, label)), describe('cpu', os.cpus()[0]?.model.trim() || 'CPU')];
}

const describe = (device: string, label: string): Device => ({ device, tags: deviceTags(device), label });

/** The NVIDIA GPUs that the driver shows, whether ONNX Runtime can use them or not. */
export async function listGpus(): Promise<{ index: number; label: string }[]> {
  const [file, args] = tied('nvidia-smi', ['-L']);
  const result = await execa(file, args, { stdin: 'ignore', reject: false, timeout: 10_000 });
  return result.failed ? [] : parseGpuList(result.stdout);
}

/** Reads `nvidia-smi -L`: lines such as `GPU 0: Tesla T4 (UUID: GPU-…)`. */
export function parseGpuList(text: string): { index: number; label: string }[] {
  return [...text.matchAll(/^GPU (\d+): (.+?)(?: \(UUID: [^)]*\))?$/gm)].map((match) => ({ index: Number(match[1]), label: match[2] as string }));
}

/** Whether the optional CUDA part of onnxruntime-node was fetched. */
export function hasCudaProvider(): boolean {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const binaries = path.join(path.dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return existsSync(path.join(binaries, 'libonnxruntime_providers_cuda.so'));
}
