import { statfs } from 'node:fs/promises';
import path from 'node:path';
import { loadConfig, type Config } from '../../../temporal.config.js';
import type { JobReport } from '../../job/contracts.js';
import { UserError } from '../../job/errors.js';
import { estimateDisk, formatBytes, soundBytes } from '../../job/estimates.js';
import { shortJob } from '../../job/keys.js';
import { resolveRooted } from '../../job/layout.js';
import { fileDigest } from '../../job/parts.js';
import type { JobSpec } from '../../job/spec.js';
import { probeEncoder } from '../../media/encoders.js';
import { openSession } from '../connect.js';
import { storeForecast } from '../estimate/expectJob.js';
import { EXIT } from '../exit.js';
import { exists } from '../files.js';
import { parseFlags, type UpscaleFlags } from '../flags.js';
import { resolveJob, type ResolvedJob } from '../resolveJob.js';
import { recordJob, startJob } from '../submit.js';
import { waitForJob } from '../wait.js';

/** The main job: one video, from the command line to a checked file. Returns the exit code. */
export async function upscale(input: string, options: unknown): Promise<number> {
  const flags = parseFlags(options);
  const config = loadConfig();
  return perform(await resolveJob(input, flags, config), flags, config);
}

/** Takes a job from its settings to its end. Returns the exit code. */
export async function perform(job: ResolvedJob, flags: UpscaleFlags, config: Config): Promise<number> {
  const finished = await finishedBefore(job, config, flags);
  if (finished) return sayFinished(finished, flags);
  await refuseWithoutSpace(job, config);
  // Workers of another pool encode on their own hosts.
  if (!config.temporalAddress && (job.spec.encode.hardware || job.spec.encode.codec !== 'h264')) await probeEncoder(job.spec.encode);
  for (const flag of unappliedFlags(job.spec, flags)) process.stderr.write(`job ${shortJob(job.spec)} goes on as it was specified: ${flag} has no effect\n`);

  const log = (line: string) => { process.stderr.write(`${line}\n`); };
  const session = await openSession(config, log, job.spec);
  try {
    await recordJob(config, job.spec);
    await storeForecast(config, job);
    const handle = await startJob(config, session, job.spec);
    if (!flags.detach) return await waitForJob(session, job.spec, flags.json ?? false);
    await session.lease.detach(handle.workflowId);
    if (flags.json) printJson({ job: shortJob(job.spec), status: 'running', output: resolveRooted(config.roots, job.spec.output) });
    else process.stdout.write(`job ${shortJob(job.spec)} runs in the background: reelscale wait ${shortJob(job.spec)}\n`);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

/** Flags that were given now and differ from what an open job was given: they say how to work, not what to make. */
function unappliedFlags(spec: JobSpec, flags: UpscaleFlags): string[] {
  const tags = flags.tag ?? (flags.device ? [flags.device] : undefined);
  return [
    ...(flags.segmentFrames !== undefined && flags.segmentFrames !== spec.segmentFrames ? ['--segment-frames'] : []),
    ...(flags.checkpointFrames !== undefined && flags.checkpointFrames !== spec.checkpointFrames ? ['--checkpoint-frames'] : []),
    ...(flags.keepMezzanine && !spec.keepMezzanine ? ['--keep-mezzanine'] : []),
    ...(tags && tags.join() !== spec.tags.join() ? [flags.tag ? '--tag' : '--device'] : []),
  ];
}

const printJson = (value: unknown): void => { process.stdout.write(`${JSON.stringify(value)}\n`); };

/** The report of the same job, when it was done before and its output is still there. @throws UserError when another file has its name. */
async function finishedBefore({ spec, stored }: ResolvedJob, config: Config, flags: UpscaleFlags): Promise<JobReport | undefined> {
  const output = resolveRooted(config.roots, spec.output);
  if (!(await exists(output))) return undefined;
  if (stored?.report && (await fileDigest(output)) === stored.report.sha256) return stored.report;
  // An interrupted publish has given the name already; it recognises its own file.
  if (flags.overwrite || spec.overwrite || (stored && !stored.report && !stored.ended)) return undefined;
  throw new UserError(`${output} exists already: choose another name with -o, or replace it with --overwrite`);
}

function sayFinished(report: JobReport, flags: UpscaleFlags): number {
  if (flags.json) printJson({ ...report, inferredFrames: 0, duplicateFrames: 0, reusedFrames: report.frames });
  else process.stdout.write(`job ${report.job} was finished before: ${report.output}\n`);
  return report.damaged ? EXIT.damaged : EXIT.done;
}

/** Frames whose upscaled pictures may wait on the disk, as many segments as the workflow lets stand: a guess before the plan is made. */
const BACKLOG_FRAMES = 3 * 1000;

async function refuseWithoutSpace({ spec, info }: ResolvedJob, config: Config): Promise<void> {
  const { width, height, promisedFrames, frameRate } = info.video;
  const frames = promisedFrames ?? Math.ceil(((info.durationSeconds ?? 0) * frameRate.num) / frameRate.den);
  const need = estimateDisk({
    frames,
    outputPixels: width * height * spec.method.scale ** 2,
    method: spec.method.kind,
    backlogFrames: BACKLOG_FRAMES,
    keepMezzanine: spec.keepMezzanine,
    audioBytes: soundBytes(info),
  });
  await requireSpace(config.roots.jobs, need.jobs + config.minFreeBytes);
  await requireSpace(path.dirname(resolveRooted(config.roots, spec.output)), need.output);
}

async function requireSpace(folder: string, bytes: number): Promise<void> {
  let place = folder;
  while (!(await exists(place))) place = path.dirname(place);
  const { bavail, bsize } = await statfs(place);
  if (bavail * bsize >= bytes) return;
  throw new UserError(`this needs about ${formatBytes(bytes)} at ${place}, and ${formatBytes(bavail * bsize)} are free: make room, or choose another place (REELSCALE_HOME, -o)`);
}
