import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { readJson } from './durable.js';
import { removeHidden } from './hidden.js';
import { keySchema } from './inputs.js';
import { jobLayout, resolveRooted, specFile, type Roots } from './layout.js';
import { endedSchema, reportSchema, type Ended } from './records.js';
import { jobSpecSchema, type JobSpec } from './spec.js';
import type { JobReport } from './contracts.js';

export interface StoredJob {
  spec: JobSpec;
  /** How it ended, if it did. */
  report?: JobReport;
  ended?: Ended;
}

type JobsRoot = Pick<Roots, 'jobs'>;

/** Reads one job from the disk; undefined when it is not there, is not whole, or is another job's. */
export async function readStored(roots: JobsRoot, jobKey: string): Promise<StoredJob | undefined> {
  if (!keySchema.safeParse(jobKey).success) return undefined;
  const spec = await readJson(specFile(roots, jobKey), jobSpecSchema).catch(() => undefined);
  // A folder that was copied to another name is not that job: whoever removes it must not remove the one that it names.
  if (spec?.jobKey !== jobKey) return undefined;
  const layout = jobLayout(roots, spec);
  const report = await readJson(layout.report, reportSchema).catch(() => undefined);
  const ended = report ? undefined : await readJson(layout.state, endedSchema).catch(() => undefined);
  return { spec, ...(report && { report: report as JobReport }), ...(ended && { ended }) };
}

/** Every job on the disk, oldest first. */
export async function storedJobs(roots: JobsRoot): Promise<StoredJob[]> {
  const keys = await readdir(path.join(roots.jobs, 'jobs')).catch(() => []);
  const jobs = await Promise.all(keys.map((key) => readStored(roots, key)));
  return jobs.filter((job) => job !== undefined).sort((a, b) => (a.spec.createdAt < b.spec.createdAt ? -1 : 1));
}

/** Jobs that have neither a result nor an end. */
export async function openJobs(roots: JobsRoot): Promise<JobSpec[]> {
  return (await storedJobs(roots)).filter(({ report, ended }) => !report && !ended).map(({ spec }) => spec);
}

/** Removes a job's folder and unpublished files, and its upscaled frames unless another job on the disk has the same pictures. */
export async function discardJob(roots: Roots, spec: JobSpec): Promise<void> {
  const layout = jobLayout(roots, spec);
  // While the folder is there, somebody can still be told whose files they are.
  await removeHidden(path.dirname(resolveRooted(roots, spec.output)), spec);
  await rm(layout.job, { recursive: true, force: true });
  const shared = (await storedJobs(roots)).some((other) => other.spec.upscaleKey === spec.upscaleKey);
  if (!shared) await rm(layout.upscaled, { recursive: true, force: true });
}
