import { rm } from 'node:fs/promises';
import type { z } from 'zod';
import type { Config } from '../../../temporal.config.js';
import { shortJob } from '../../job/keys.js';
import { jobLayout, resolveRooted } from '../../job/layout.js';
import { fileDigest } from '../../job/parts.js';
import { acceptedSchema } from '../../job/records.js';
import { type Rejected, rejectedResult } from '../../job/rejected.js';
import type { JobSpec } from '../../job/spec.js';
import type { StoredJob } from '../../job/store.js';
import { readJson, replaceJson, replaceKept } from '../../lib/durable.js';
import { UserError } from '../../lib/errors.js';
import { exists } from '../../lib/files.js';
import { requireFreeName } from './outputFile.js';
import { storedStatus } from './storedStatus.js';
import { takeOutput } from './submit.js';

/** For whoever is told that a result did not pass its checks. */
export const howToAccept = (spec: JobSpec, { page }: Rejected): string =>
  `${page === undefined ? 'To' : `Look at ${page}; to`} have the result as it is: ` +
  `reelscale publish ${shortJob(spec)} --anyway`;

/** Whether an open job only has to publish what a person wanted. */
export const isAccepted = async ({ roots }: Config, { spec, report, ended }: StoredJob): Promise<boolean> =>
  !report && !ended && (await readJson(jobLayout(roots, spec).accepted, acceptedSchema)) !== undefined;

/** @throws UserError for a job that has no result which waits for a person, and says what there is instead. */
export async function requireRejected({ roots }: Config, job: StoredJob): Promise<Rejected> {
  const rejected = await rejectedResult(roots, job);
  if (rejected) return rejected;
  const name = `job ${shortJob(job.spec)}`;
  if (job.report) throw new UserError(`${name} is published already: ${job.report.output}`);
  if (!job.ended)
    throw new UserError(
      `${name} has not ended: ${storedStatus(job)}; there is nothing to decide about before its result is checked`,
    );
  throw new UserError(
    `${name} has no result to publish (${job.ended.state}: ${job.ended.message}): ` +
      `run the same command again, its parts are kept`,
  );
}

/**
 * Writes down that a result which did not pass its checks is wanted: the job is open again, and starting it publishes
 * that result.
 * @returns the job as it is specified now.
 * @throws UserError where there is none, and where its name is taken.
 */
export async function acceptResult(
  config: Config,
  job: StoredJob,
  rejected: Rejected,
  overwrite: boolean,
): Promise<JobSpec> {
  const spec = { ...job.spec, overwrite: job.spec.overwrite || overwrite };
  const output = resolveRooted(config.roots, spec.output);
  // An interrupted publish may have given the name already.
  if (!((await exists(output)) && (await fileDigest(output)) === rejected.sha256))
    await requireFreeName(output, spec.overwrite);
  await takeOutput(config, spec);
  const layout = jobLayout(config.roots, spec);
  const seconds = Math.max(0, (Date.parse(rejected.at) - Date.parse(spec.createdAt)) / 1000);
  await replaceJson(layout.accepted, {
    at: new Date().toISOString(),
    problems: rejected.problems,
    seconds,
  } satisfies z.infer<typeof acceptedSchema>);
  await replaceKept(layout.spec, spec);
  await rm(layout.state, { force: true });
  return spec;
}
