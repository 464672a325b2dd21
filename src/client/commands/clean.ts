import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig } from '../../../temporal.config.js';
import { formatBytes } from '../../job/estimates.js';
import { shortJob } from '../../job/keys.js';
import { resolveRooted } from '../../job/layout.js';
import { rejectedResult } from '../../job/rejected.js';
import { discardJob, storedJobs } from '../../job/store.js';
import { releaseOutput } from '../../job/claims.js';
import { EXIT } from '../exit.js';
import { exists } from '../files.js';

/**
 * Removes what jobs left that are over: the folders of finished, failed and cancelled ones, open ones whose source is gone, and
 * upscaled frames that no job on the disk refers to. Jobs that can go on keep everything; kept mezzanines stay, and so do results that did not pass
 * their checks.
 */
export async function clean({ json }: { json?: boolean }): Promise<number> {
  const { roots } = loadConfig();
  const before = await sizeOf(roots.jobs);
  const jobs = await storedJobs(roots);
  let removed = 0;
  for (const { spec, report, ended } of jobs) {
    const abandoned = !(await exists(resolveRooted(roots, spec.input)));
    // A result that waits for a person's word is not what a job left: it is hours of work.
    const waits = (await rejectedResult(roots, { spec, ...(ended && { ended }) })) !== undefined;
    if (waits) process.stderr.write(`job ${shortJob(spec)} stays: its result did not pass its checks and can still be had with reelscale publish ${shortJob(spec)} --anyway, or removed with reelscale cancel ${shortJob(spec)} --discard\n`);
    const kept = waits || (report !== undefined && spec.keepMezzanine);
    if (kept || !(report || ended || abandoned)) continue;
    await releaseOutput(roots, spec.output, spec.jobKey);
    await discardJob(roots, spec);
    removed++;
  }
  const needed = new Set((await storedJobs(roots)).map(({ spec }) => spec.upscaleKey));
  const upscaled = path.join(roots.jobs, 'upscaled');
  for (const key of await readdir(upscaled).catch(() => [])) {
    if (!needed.has(key)) await rm(path.join(upscaled, key), { recursive: true, force: true });
  }
  const freed = Math.max(0, before - (await sizeOf(roots.jobs)));
  process.stdout.write(json ? `${JSON.stringify({ jobs: removed, bytes: freed })}\n` : `removed ${removed} ${removed === 1 ? 'job' : 'jobs'}, ${formatBytes(freed)}\n`);
  return EXIT.done;
}

async function sizeOf(folder: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (entry.isFile()) total += await stat(path.join(entry.parentPath, entry.name)).then(({ size }) => size, () => 0);
  }
  return total;
}
