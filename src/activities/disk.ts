import { formatBytes } from '../job/diskEstimate.js';
import { DiskFull } from '../lib/errors.js';
import { freeAt } from '../lib/files.js';

/** Of what a result is made of, for its index and what else the source has. */
const OVERHEAD = 1.02;

/** @throws DiskFull when a result that is made of this many bytes does not fit where the folder lies. */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const free = await freeAt(folder);
  const need = Math.ceil(OVERHEAD * bytes);
  if (free >= need) return;
  throw new DiskFull(
    `only ${formatBytes(free)} are free at ${folder}, and the result needs ${formatBytes(need)}: ` +
      'make room, then resume the job',
  );
}

/** @throws DiskFull when less than `least` bytes are free where the folder lies; the workflow pauses then. */
export async function requireFreeSpace(folder: string, least: number): Promise<void> {
  const free = await freeAt(folder);
  if (free >= least) return;
  throw new DiskFull(
    `only ${formatBytes(free)} are free at ${folder}, and ${formatBytes(least)} must stay free: ` +
      'make room, then resume the job',
  );
}
