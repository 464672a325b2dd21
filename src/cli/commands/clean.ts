import { loadConfig } from '../../../temporal.config.js';
import { findLeftovers, type Leftover } from '../../client/job/leftovers.js';
import { formatBytes } from '../../job/diskEstimate.js';
import { EXIT } from '../exit.js';
import { log } from '../say.js';

interface CleanOptions {
  json?: boolean;
  /** Open jobs whose source is gone, too. */
  abandoned?: boolean;
  /** Only say what would go. */
  dryRun?: boolean;
}

/**
 * Removes what jobs left that are over: the folders of finished, failed and cancelled ones, and upscaled frames that
 * no job on the disk refers to. Jobs that can go on keep everything; kept mezzanines stay, and so do results that did
 * not pass their checks.
 */
export async function clean({ json = false, abandoned = false, dryRun = false }: CleanOptions): Promise<number> {
  const { leftovers, kept } = await findLeftovers(loadConfig().roots, { abandoned });
  for (const line of kept) log(`reelscale: ${line}`);
  const gone: Leftover[] = [];
  for (const leftover of leftovers) if (dryRun || (await leftover.remove())) gone.push(leftover);
  const jobs = gone.filter(({ kind }) => kind === 'job').length;
  const bytes = gone.reduce((sum, leftover) => sum + leftover.bytes, 0);
  const items = gone.map(({ kind, name, bytes: size }) => ({ kind, name, bytes: size }));
  const sum = `${jobs} ${jobs === 1 ? 'job' : 'jobs'}, ${formatBytes(bytes)}`;
  const lines = dryRun
    ? [...items.map(({ name, bytes: size }) => `${formatBytes(size).padStart(9)}  ${name}`), `would remove ${sum}`]
    : [`removed ${sum}`];
  process.stdout.write(json ? `${JSON.stringify({ jobs, bytes, dryRun, items })}\n` : `${lines.join('\n')}\n`);
  return EXIT.done;
}
