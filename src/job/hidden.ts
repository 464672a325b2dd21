import { rm } from 'node:fs/promises';
import path from 'node:path';
import { namesIn } from '../lib/durable.js';
import { shortJob } from './keys.js';
import type { JobSpec } from './spec.js';

/** Files in an output's folder that have no name yet which people see begin so. */
export const hiddenPrefix = (spec: Pick<JobSpec, 'jobKey'>): string => `.reelscale-${shortJob(spec)}-`;

/** Removes a job's unpublished files from the output's folder. */
export async function removeHidden(folder: string, spec: Pick<JobSpec, 'jobKey'>): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (name.startsWith(hiddenPrefix(spec))) await rm(path.join(folder, name), { force: true });
  }
}
