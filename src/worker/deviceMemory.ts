import os from 'node:os';
import { execa } from 'execa';
import { tied } from '../media/tools.js';

/** Of the memory that is free now, as much as this over two may be taken, where networks take half of what `deviceMemory` says. */
const FREE_FACTOR = 1.5;

/** In bytes. */
export interface Memory {
  total: number;
  free: number;
}

/**
 * Memory that networks may be planned for, of which they take half: that of the GPU where the device is one and its driver tells, else
 * what the host, or the cgroup that this process is in, has. Less where little of it is free; otherwise what others use does not
 * count, so that the same command means the same tiles.
 * @param device `cpu` or `cuda:<number>`.
 */
export async function deviceMemory(device: string): Promise<number> {
  const index = /^cuda:(\d+)$/.exec(device)?.[1];
  const { total, free } = (index === undefined ? undefined : await gpuMemory(Number(index))) ?? hostMemory();
  return Math.min(total, FREE_FACTOR * free);
}

function hostMemory(): Memory {
  const limit = process.constrainedMemory();
  return { total: limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem(), free: Math.min(os.freemem(), process.availableMemory()) };
}

async function gpuMemory(index: number): Promise<Memory | undefined> {
  const [file, args] = tied('nvidia-smi', ['--query-gpu=index,memory.total,memory.free', '--format=csv,noheader,nounits']);
  const result = await execa(file, args, { stdin: 'ignore', reject: false, timeout: 10_000 });
  return result.failed ? undefined : parseGpuMemory(result.stdout, index);
}

/** Reads lines such as `0, 15360, 14927`: a GPU's index, and MiB. */
export function parseGpuMemory(text: string, index: number): Memory | undefined {
  const [, total, free] = text.split('\n').map((line) => line.split(',').map(Number)).find(([number]) => number === index) ?? [];
  const MiB = 2 ** 20;
  return total && free ? { total: total * MiB, free: free * MiB } : undefined;
}
