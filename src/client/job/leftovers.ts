import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { releaseOutput } from '../../job/claims.js';
import { removeHidden } from '../../job/hidden.js';
import { shortJob } from '../../job/keys.js';
import { jobLayout, type Roots, resolveRooted } from '../../job/layout.js';
import { rejectedResult } from '../../job/rejected.js';
import { discardFrames, readFolder, removeUnless, type StoredJob, surveyJobs } from '../../job/store.js';
import { namesIn } from '../../lib/durable.js';
import { UserError } from '../../lib/errors.js';
import { exists } from '../../lib/files.js';
import { hasCode, ignoreMissing } from '../../lib/systemErrors.js';
import { storedStatus } from './storedStatus.js';

/** A folder that no job that can go on needs. */
export interface Leftover {
  kind: 'job' | 'frames';
  /** For people. */
  name: string;
  bytes: number;
  /** @returns false when somebody needs it by now, and it stays. */
  remove: () => Promise<boolean>;
}

/**
 * What `clean` would remove: the folders of jobs that are over, and upscaled frames of no other job. Removes nothing.
 * @param abandoned whether open jobs whose source is gone are over.
 * @returns `kept`: a line for each thing that may be needed by somebody and stays.
 * @throws UserError where a root is not mounted.
 */
export async function findLeftovers(
  roots: Roots,
  { abandoned }: { abandoned: boolean },
): Promise<{ leftovers: Leftover[]; kept: string[] }> {
  const upscaled = path.join(roots.jobs, 'upscaled');
  // Before the jobs are read: what is recorded meanwhile is not looked at.
  const frames = await namesIn(upscaled);
  const { jobs, damaged } = await surveyJobs(roots);
  await requireMounted(roots, jobs, frames, abandoned);
  const kept = damaged.map(({ message }) => message);
  if (damaged.length > 0 && frames.length > 0)
    kept.push('no upscaled frames are removed: a job that cannot be read may need them');

  const over: StoredJob[] = [];
  for (const job of jobs) {
    const why = await neededFor(roots, job, abandoned);
    if (why === undefined) over.push(job);
    else if (why !== '') kept.push(why);
  }
  const needed = new Set(jobs.filter((job) => !over.includes(job)).map(({ spec }) => spec.upscaleKey));
  const unneeded = damaged.length > 0 ? [] : frames.filter((key) => !needed.has(key));
  return {
    leftovers: [
      ...(await Promise.all(over.map((job) => jobLeftover(roots, job)))),
      ...(await Promise.all(
        unneeded.map(
          async (key): Promise<Leftover> => ({
            kind: 'frames',
            name: `upscaled frames ${key.slice(0, 8)}`,
            bytes: await sizeOf(path.join(upscaled, key)),
            remove: () => discardFrames(roots, key),
          }),
        ),
      )),
    ],
    kept,
  };
}

async function jobLeftover(roots: Roots, job: StoredJob): Promise<Leftover> {
  const { spec } = job;
  const folder = jobLayout(roots, spec).job;
  const status = storedStatus(job);
  return {
    kind: 'job',
    name: `job ${shortJob(spec)} (${status}), ${path.basename(spec.output.path)}`,
    bytes: await sizeOf(folder),
    remove: async () => {
      // The same command may have begun it again since.
      const removed = await removeUnless(folder, async (aside) => {
        const now = await readFolder(aside);
        return now !== undefined && storedStatus(now) !== status;
      });
      if (removed) await removeHidden(path.dirname(resolveRooted(roots, spec.output)), spec);
      if (removed) await releaseOutput(roots, spec.output, spec.jobKey);
      return removed;
    },
  };
}

/** Why a job stays, in a line where that is news to its user; undefined when it is over. */
async function neededFor(
  roots: Roots,
  { spec, report, ended }: StoredJob,
  abandoned: boolean,
): Promise<string | undefined> {
  // A result that waits for a person's word is not what a job left: it is hours of work.
  if (ended && (await rejectedResult(roots, { spec, ended }))) {
    return (
      `job ${shortJob(spec)} stays: its result did not pass its checks and can still be had ` +
      `with reelscale publish ${shortJob(spec)} --anyway, or removed with reelscale cancel ${shortJob(spec)} --discard`
    );
  }
  if (report) return spec.keepMezzanine ? '' : undefined;
  if (ended) return undefined;
  if (!abandoned) return '';
  const input = resolveRooted(roots, spec.input);
  try {
    if (await exists(input)) return '';
    const folder = await nearestFolder(input);
    // What an unmounted disk leaves is an empty folder.
    if ((await namesIn(folder)).length > 0) return undefined;
    return (
      `job ${shortJob(spec)} stays: ${folder} is empty, and its disk may be away ` +
      `(reelscale cancel ${shortJob(spec)} --discard removes it)`
    );
  } catch (error) {
    if (!hasCode(error, 'EIO', 'EACCES', 'EPERM', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT', 'EHOSTDOWN', 'ENOTDIR', 'ELOOP'))
      throw error;
    return `job ${shortJob(spec)} stays: ${(error as Error).message}`;
  }
}

async function nearestFolder(file: string): Promise<string> {
  let folder = path.dirname(file);
  while (!(await exists(folder))) folder = path.dirname(folder);
  return folder;
}

async function requireMounted(
  roots: Roots,
  jobs: readonly StoredJob[],
  frames: readonly string[],
  abandoned: boolean,
): Promise<void> {
  const records = path.join(roots.jobs, 'jobs');
  if (frames.length > 0 && !abandoned && (await namesIn(records)).length === 0) {
    throw new UserError(
      `there are upscaled frames in ${roots.jobs} and no job in ${records}: ` +
        'mount its disk, or remove them with --abandoned',
    );
  }
  if (jobs.length > 0 && (await namesIn(roots.media)).length === 0) {
    throw new UserError(
      `the media root ${roots.media} is missing or empty: mount its disk, or set REELSCALE_MEDIA_ROOT`,
    );
  }
}

/** Bytes of all files in a folder; what goes away meanwhile counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  let total = 0;
  for (const name of await namesIn(folder)) {
    const entry = path.join(folder, name);
    const info = await lstat(entry).catch(ignoreMissing);
    if (info?.isDirectory()) total += await sizeOf(entry);
    else total += info?.size ?? 0;
  }
  return total;
}
