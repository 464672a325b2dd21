import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { namesIn, randomName, readKept, readRemakable } from '../lib/durable.js';
import { RecordDamaged } from '../lib/errors.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import type { JobReport } from './contracts.js';
import { removeHidden } from './hidden.js';
import { keySchema } from './inputs.js';
import { jobFolder, jobLayout, type Roots, resolveRooted } from './layout.js';
import { type Ended, endedSchema, reportSchema } from './records.js';
import { type JobSpec, jobSpecSchema } from './spec.js';

export interface StoredJob {
  spec: JobSpec;
  /** How it ended, if it did. */
  report?: JobReport;
  ended?: Ended;
}

/** Work of it is left: it neither has a result nor has failed or been cancelled. */
export const isOpen = ({ report, ended }: Pick<StoredJob, 'report' | 'ended'>): boolean => !report && !ended;

type JobsRoot = Pick<Roots, 'jobs'>;

/**
 * Reads one job from the disk; undefined when it is not there, or is another job's. @throws RecordDamaged when it
 * cannot be read.
 */
export async function readStored(roots: JobsRoot, jobKey: string): Promise<StoredJob | undefined> {
  if (!keySchema.safeParse(jobKey).success) return undefined;
  const stored = await readFolder(jobFolder(roots, jobKey));
  // A folder that was copied to another name is not that job: whoever removes it must not remove the one that it
  // names.
  return stored?.spec.jobKey === jobKey ? stored : undefined;
}

/** Reads the job in a folder, whatever its name. */
export async function readFolder(folder: string): Promise<StoredJob | undefined> {
  const spec = await readKept(path.join(folder, 'job.json'), jobSpecSchema);
  if (!spec) return undefined;
  const report = await readKept(path.join(folder, 'report.json'), reportSchema);
  const ended = report ? undefined : await readRemakable(path.join(folder, 'state.json'), endedSchema);
  return { spec, ...(report && { report: report as JobReport }), ...(ended && { ended }) };
}

/** Every job on the disk, oldest first, and what is said of those that cannot be read: nobody knows what they need. */
export async function surveyJobs(roots: JobsRoot): Promise<{ jobs: StoredJob[]; damaged: RecordDamaged[] }> {
  const keys = (await namesIn(path.join(roots.jobs, 'jobs'))).filter((name) => keySchema.safeParse(name).success);
  const { found, damaged } = await readAll(keys.map((key) => readStored(roots, key)));
  return { jobs: found.sort((a, b) => (a.spec.createdAt < b.spec.createdAt ? -1 : 1)), damaged };
}

/** What of many records is there, and what is said of those that are damaged. */
export async function readAll<T>(
  reading: readonly Promise<T | undefined>[],
): Promise<{ found: T[]; damaged: RecordDamaged[] }> {
  const damaged: RecordDamaged[] = [];
  const found = await Promise.all(
    reading.map((one) =>
      one.catch((error: unknown) => {
        if (!(error instanceof RecordDamaged)) throw error;
        damaged.push(error);
        return undefined;
      }),
    ),
  );
  return { found: found.filter((one) => one !== undefined), damaged };
}

/** Every job on the disk that can be read, oldest first. */
export const storedJobs = async (roots: JobsRoot): Promise<StoredJob[]> => (await surveyJobs(roots)).jobs;

/** Jobs that have neither a result nor an end. */
export async function openJobs(roots: JobsRoot): Promise<JobSpec[]> {
  return (await storedJobs(roots)).filter(({ report, ended }) => !report && !ended).map(({ spec }) => spec);
}

/**
 * Removes a job's folder and unpublished files, and its upscaled frames unless another job on the disk has the same
 * pictures.
 */
export async function discardJob(roots: Roots, spec: JobSpec): Promise<void> {
  // While the folder is there, somebody can still be told whose files they are.
  await removeHidden(path.dirname(resolveRooted(roots, spec.output)), spec);
  await rm(jobLayout(roots, spec).job, { recursive: true, force: true });
  await discardFrames(roots, spec.upscaleKey);
}

/**
 * Removes upscaled frames, unless a job on the disk needs them, or one cannot be read and may. @param name of their
 * folder. @returns whether they are removed.
 */
export const discardFrames = (roots: JobsRoot, name: string): Promise<boolean> =>
  removeUnless(path.join(roots.jobs, 'upscaled', name), async () => {
    const { jobs, damaged } = await surveyJobs(roots);
    return damaged.length > 0 || jobs.some(({ spec }) => spec.upscaleKey === name);
  });

/**
 * Removes a folder. It is renamed first, and looked at again then: who is recorded from then on makes a folder of its
 * own, and who was before is seen.
 * @param isNeeded told where the folder is in between. @returns whether it is removed.
 */
export async function removeUnless(folder: string, isNeeded: (aside: string) => Promise<boolean>): Promise<boolean> {
  const aside = path.join(path.dirname(folder), `.${path.basename(folder).replace(/^\./, '')}.${randomName()}`);
  try {
    await rename(folder, aside);
  } catch (error) {
    ignoreMissing(error);
    return false;
  }
  if (await isNeeded(aside)) {
    await rename(aside, folder);
    return false;
  }
  await rm(aside, { recursive: true, force: true });
  return true;
}
