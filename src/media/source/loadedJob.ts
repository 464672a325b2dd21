import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { From, JobRef } from '../../job/contracts.js';
import { jobLayout, type Roots, requireInside, resolveRooted } from '../../job/layout.js';
import { type Plan, planSchema, type Segment } from '../../job/plan.js';
import { type Clip, clipOf, originOf } from '../../job/range.js';
import { type Conformed, conformedSchema } from '../../job/records.js';
import { type SourceInfo, type SourceScan, sourceScanSchema } from '../../job/source.js';
import { type JobSpec, jobSpecSchema } from '../../job/spec.js';
import { decodeTimeline, type Timeline, timelineSchema } from '../../job/timeline.js';
import { publishJson, readKept, readRemakable } from '../../lib/durable.js';
import { UserError } from '../../lib/errors.js';
import type { Rational } from '../../lib/rational.js';
import { hasCode } from '../../lib/systemErrors.js';
import { deliveredTimeline } from '../picture/cfrTimeline.js';
import type { FrameSource } from '../picture/frameSource.js';
import { examineSource, picturesOf } from './examine.js';
import { probeSource } from './probe.js';

export interface LoadedJob {
  spec: JobSpec;
  layout: ReturnType<typeof jobLayout>;
  /** Absolute paths on this host. */
  input: string;
  output: string;
}

/** Reads a job from its folder and checks that its source is still the file that it was made for. */
export async function loadJob(roots: Roots, ref: JobRef): Promise<LoadedJob> {
  const job = await loadRecorded(roots, ref);
  await checkUnchanged(job.input, job.spec);
  return job;
}

/** For what needs the source no more. */
export async function loadRecorded(roots: Roots, ref: JobRef): Promise<LoadedJob> {
  const layout = jobLayout(roots, ref);
  const spec = await readKept(layout.spec, jobSpecSchema);
  if (!spec) throw new UserError(`job ${ref.jobKey.slice(0, 8)} is not in the jobs folder: it was removed`);
  if (spec.jobKey !== ref.jobKey || spec.upscaleKey !== ref.upscaleKey)
    throw new UserError(
      `the folder of job ${ref.jobKey.slice(0, 8)} holds another job's record: run the same command again`,
    );
  const [input, output] = [resolveRooted(roots, spec.input), resolveRooted(roots, spec.output)];
  for (const folder of [layout.job, layout.upscaled]) await requireInside(roots.jobs, folder);
  await requireInside(roots[spec.input.root], input);
  await requireInside(roots[spec.output.root], path.dirname(output));
  if (spec.method.kind === 'model')
    await requireInside(roots[spec.method.file.root], resolveRooted(roots, spec.method.file));
  return { spec, layout, input, output };
}

async function checkUnchanged(input: string, spec: JobSpec): Promise<void> {
  try {
    const { size, mtimeMs } = await stat(input);
    if (size === spec.source.size && Math.abs(mtimeMs - spec.source.mtimeMs) < 1) return;
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    throw new UserError(`${input} is gone: put it back and run the same command again`);
  }
  throw new UserError(`${input} has changed since the job began: run the command again to begin anew`);
}

/** A job whose source may be looked at. */
export interface ScannedJob extends LoadedJob {
  signal?: AbortSignal;
  report?: (progress: { frame: number }) => void;
}

/** What is known of the source; where that is missing or damaged on the disk, it is looked at again. */
export const loadScan = async (job: ScannedJob): Promise<SourceScan> =>
  (await readRemakable(job.layout.scan, sourceScanSchema)) ?? (await scanJob(job)).scan;

/** Looks at the source and records what it finds. The same file says the same. */
export async function scanJob({
  layout,
  spec,
  input,
  signal,
  report,
}: ScannedJob): Promise<{ scan: SourceScan; timeline: Timeline | undefined }> {
  const info = await probeSource(input, { program: spec.picture.program, signal });
  const found = await examineSource(input, info, spec.picture, { signal, onPackets: (frame) => report?.({ frame }) });
  // The timeline first: whoever finds the scan finds both.
  if (found.timeline) await publishJson(layout.planned('source').timeline, found.timeline);
  await publishJson(layout.scan, found.scan);
  return found;
}

async function loadWholeTimeline(job: ScannedJob, from: From): Promise<Timeline> {
  const { timeline: file } = job.layout.planned(from);
  const known = await readRemakable(file, timelineSchema);
  if (known) return known;
  const again = from === 'source' ? (await scanJob(job)).timeline : (await loadConformed(job)).timeline;
  if (!again) throw new Error('the timeline is missing');
  await publishJson(file, again);
  return again;
}

async function loadConformed({ layout }: LoadedJob): Promise<Conformed> {
  const conformed = await readKept(layout.conformed, conformedSchema);
  if (!conformed) throw new Error('the source was not conformed');
  return conformed;
}

/** The pictures that are enlarged: the source's, after what is done to them before. */
export async function loadPictures(job: ScannedJob): Promise<SourceInfo> {
  return picturesOf(await loadScan(job), job.spec.picture);
}

/** What of the source is upscaled: all, or the part that was asked for. */
async function loadPart(job: ScannedJob, from: From): Promise<Pick<Clip, 'timeline'> & Partial<Clip>> {
  const timeline = await loadWholeTimeline(job, from);
  const { range } = job.spec.picture;
  return range ? clipOf(timeline, range, originOf((await loadScan(job)).info)) : { timeline };
}

export const loadTimeline = async (job: ScannedJob, from: From): Promise<Timeline> =>
  (await loadPart(job, from)).timeline;

/** What is taken of everything but the pictures; undefined where that is all. */
export const loadCut = async (job: ScannedJob, from: From): Promise<Clip['cut'] | undefined> =>
  (await loadPart(job, from)).cut;

/** Where frames of this job are decoded from: the source itself, or its conformed copy. */
export async function loadFrames(job: ScannedJob, from: From): Promise<FrameSource> {
  const scan = await loadScan(job);
  const { timeline, around } = await loadPart(job, from);
  const info = picturesOf(scan, job.spec.picture);
  const pts = decodeTimeline(timeline);
  if (from === 'source') return { file: job.input, from, info, pts, runIn: scan.runIn, around };
  const conformed = await loadConformed(job);
  return { file: `${job.layout.planned(from).folder}/${conformed.file}`, from, info, pts, runIn: 0 };
}

/** The timestamps that the deliverable has: the source's, exact where its container had to round them. */
export async function loadDelivered(
  job: ScannedJob,
  from: From,
): Promise<{ pts: Float64Array; timebase: Rational; lastDuration: number }> {
  const { frameRate } = (await loadPictures(job)).video;
  const timeline = deliveredTimeline(await loadTimeline(job, from), frameRate);
  return { pts: decodeTimeline(timeline), timebase: timeline.timebase, lastDuration: timeline.lastDuration };
}

export async function loadPlan({ layout }: LoadedJob, from: From): Promise<Plan> {
  const plan = await readKept(layout.planned(from).plan, planSchema);
  if (!plan) throw new Error('the plan is missing');
  return plan;
}

export async function loadSegment(
  job: LoadedJob,
  from: From,
  index: number,
): Promise<{ plan: Plan; segment: Segment }> {
  const plan = await loadPlan(job, from);
  const segment = plan.segments[index];
  if (!segment) throw new Error(`the plan has no segment ${index}`);
  return { plan, segment };
}
