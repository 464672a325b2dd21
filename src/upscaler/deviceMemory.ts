import os from 'node:os';
import { parseDevice } from '../runtime/devices.js';
import { listGpus, type Memory } from './gpus.js';

/**
 * Of the memory that is free now, as much as this over two may be taken, where networks take half of what
 * `deviceMemory` says.
 */
const FREE_FACTOR = 1.5;

/**
 * Memory that networks may be planned for, of which they take half: that of the GPU where the device is one and its
 * driver tells, else what the host, or the cgroup that this process is in, has. Less where little of it is free;
 * otherwise what others use does not count, so that the same command means the same tiles.
 */
export async function deviceMemory(device: string): Promise<number> {
  const { kind, id } = parseDevice(device);
  const gpu =
    kind === 'cuda' || kind === 'tensorrt-rtx' ? (await listGpus()).find(({ index }) => index === id) : undefined;
  const { total, free } = gpu?.memory ?? hostMemory();
  return Math.min(total, FREE_FACTOR * free);
}

function hostMemory(): Memory {
  const limit = process.constrainedMemory();
  return {
    total: limit > 0 ? Math.min(limit, os.totalmem()) : os.totalmem(),
    free: Math.min(os.freemem(), process.availableMemory()),
  };
}
