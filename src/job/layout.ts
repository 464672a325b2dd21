import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../lib/errors.js';
import { hasCode } from '../lib/systemErrors.js';
import { keySchema } from './inputs.js';
import type { RootedPath } from './spec.js';

export type Roots = Record<RootedPath['root'], string>;

export function resolveRooted(roots: Roots, file: RootedPath): string {
  const resolved = path.resolve(roots[file.root], file.path);
  if (!isInside(roots[file.root], resolved)) throw new RangeError(`${file.path} leaves the ${file.root} root`);
  return resolved;
}

/** @throws RangeError when the file is not below that root. */
export function toRooted(roots: Roots, root: RootedPath['root'], file: string): RootedPath {
  if (!isInside(roots[root], file)) throw new RangeError(`${file} is not below the ${root} root ${roots[root]}`);
  return { root, path: path.relative(roots[root], file) };
}

function isInside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return relative !== '' && relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/**
 * Looks where a path really lies; parts of it that are not there yet are taken as they are.
 * @throws UserError when a link leads it out of its root.
 */
export async function requireInside(root: string, file: string): Promise<void> {
  if (root === path.parse(root).root) return;
  const [place, real] = await Promise.all([realpath(root), realPlace(file)]);
  if (real !== place && !isInside(place, real))
    throw new UserError(
      `${file} is a link, or below one, that leads out of ${root}: what belongs there must lie there`,
    );
}

async function realPlace(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || path.dirname(file) === file) throw error;
    return path.join(await realPlace(path.dirname(file)), path.basename(file));
  }
}

/** Keys become paths: what is none never does. */
export function requireKey(key: string): string {
  if (!keySchema.safeParse(key).success) throw new RangeError(`${JSON.stringify(key)} is no key`);
  return key;
}

const segmentName = (index: number): string => `seg-${String(index).padStart(5, '0')}`;

/**
 * ``` <jobs>/upscaled/<upscaleKey>/ scan.json timeline.json plan.json shared by all jobs with the same pictures
 *                                 trace.json
 *                                 conform/{conformed.json,plan.json,timeline.json,…}
 *                                 seg-00000/{000000000.json,<random>.nut,inferred}
 * <jobs>/jobs/<jobKey>/           job.json state.json report.json video.json merged.json verified.json verified.html
 *                                 accepted.json estimate.json work.jsonl warned.json
 *                                 encoded-<from>/seg-00000/{000000000.json,000000000.check,<random>.mp4}
 * <jobs>/outputs/<digest>.json    which job owns an output path
 * <jobs>/digests/<digest>.json    cached digests of inputs
 * <jobs>/devices/<key>.json       how fast each device computes a network
 * <jobs>/calibrations/<key>.json  what methods and encoders were measured to take
 * <jobs>/tiles/<key>.json         which tile was chosen for a source and a method
 * <jobs>/outcomes.jsonl           what finished jobs were expected to take, and took
 * ```
 */
export function jobLayout(roots: Pick<Roots, 'jobs'>, keys: { jobKey: string; upscaleKey: string }) {
  const upscaled = path.join(roots.jobs, 'upscaled', requireKey(keys.upscaleKey));
  const job = jobFolder(roots, keys.jobKey);
  const encodedRoot = (from: 'source' | 'conformed') => path.join(job, `encoded-${from}`);
  return {
    upscaled,
    scan: path.join(upscaled, 'scan.json'),
    /** What a straight decode of the source gives. */
    trace: path.join(upscaled, 'trace.json'),
    /** Plan, timeline and parts are kept apart for a conformed source, so that both can stand beside each other. */
    planned: (from: 'source' | 'conformed') => {
      const folder = from === 'source' ? upscaled : path.join(upscaled, 'conform');
      return {
        folder,
        plan: path.join(folder, 'plan.json'),
        timeline: path.join(folder, 'timeline.json'),
        parts: (segment: number) => path.join(folder, segmentName(segment)),
      };
    },
    conformed: path.join(upscaled, 'conform', 'conformed.json'),
    job,
    spec: specFile(roots, keys.jobKey),
    state: path.join(job, 'state.json'),
    report: path.join(job, 'report.json'),
    video: path.join(job, 'video.json'),
    merged: path.join(job, 'merged.json'),
    verified: path.join(job, 'verified.json'),
    /** That somebody was told of a segment which did not pass its check. */
    warned: path.join(job, 'warned.json'),
    /** That a result which did not pass its checks is to be delivered. */
    accepted: path.join(job, 'accepted.json'),
    /** What it was expected to take. */
    estimate: path.join(job, 'estimate.json'),
    /** When activities worked on it. */
    work: path.join(job, 'work.jsonl'),
    verifiedPage: path.join(job, 'verified.html'),
    encodedRoot,
    encoded: (from: 'source' | 'conformed', segment: number) => path.join(encodedRoot(from), segmentName(segment)),
  };
}

export const jobFolder = (roots: Pick<Roots, 'jobs'>, jobKey: string): string =>
  path.join(roots.jobs, 'jobs', requireKey(jobKey));
const specFile = (roots: Pick<Roots, 'jobs'>, jobKey: string): string =>
  path.join(jobFolder(roots, jobKey), 'job.json');
