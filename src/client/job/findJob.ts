import path from 'node:path';
import type { Config } from '../../../temporal.config.js';
import type { BatchSpec } from '../../job/batch/spec.js';
import { shortJob } from '../../job/keys.js';
import { resolveRooted } from '../../job/layout.js';
import { type StoredJob, surveyJobs } from '../../job/store.js';
import { UserError } from '../../lib/errors.js';
import { findBatch } from '../batch/batches.js';

/** The job or the batch that a person means. A job's file is named by its path, which no batch has. */
export async function findJobOrBatch(
  config: Config,
  name: string,
): Promise<{ job: StoredJob } | { batch: BatchSpec }> {
  const batch = await findBatch(config, name);
  return batch ? { batch } : { job: await findJob(config, name) };
}

/** The job that a person means: the beginning of its key, or the path of its input or output. */
export async function findJob(config: Config, name: string): Promise<StoredJob> {
  const { jobs, damaged } = await surveyJobs(config.roots);
  const file = path.resolve(name);
  const found = jobs.filter(
    ({ spec }) =>
      (name.length >= 4 && spec.jobKey.startsWith(name)) ||
      resolveRooted(config.roots, spec.output) === file ||
      resolveRooted(config.roots, spec.input) === file,
  );
  if (found.length === 1 && found[0]) return found[0];
  const broken =
    found.length === 0 &&
    name.length >= 4 &&
    damaged.find((error) => path.basename(path.dirname(error.file)).startsWith(name));
  if (broken) throw broken;
  if (found.length === 0) throw new UserError(`there is no job ${name}: see reelscale list`);
  throw new UserError(`${name} means ${found.length} jobs: ${found.map(({ spec }) => shortJob(spec)).join(', ')}`);
}
