import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { TALLY_FILE } from '../../src/job/tally.js';
import type { BenchHome } from './home.js';

/** Frames of unfinished jobs that went through the network so far: each adds one byte to the tally of its segment. */
export const inferred = (home: BenchHome): Promise<number> =>
  inferredBelow(path.join(home.config.roots.jobs, 'upscaled'));

/** The same of one job's folder of upscaled frames. */
export async function inferredBelow(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = names
    .filter((name) => path.basename(name) === TALLY_FILE)
    .map((name) =>
      stat(path.join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
