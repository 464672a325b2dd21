import { statfs } from 'node:fs/promises';
import { DiskFull } from '../job/errors.js';
import { formatBytes } from '../job/estimates.js';

/** @throws DiskFull when less than `least` bytes are free where the folder lies; the workflow pauses then. */
export async function requireFreeSpace(folder: string, least: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= least) return;
  throw new DiskFull(`only ${formatBytes(free)} are free at ${folder}, and ${formatBytes(least)} must stay free: make room, then resume the job`);
}
