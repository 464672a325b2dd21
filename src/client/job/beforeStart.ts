import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../../temporal.config.js';
import type { JobReport } from '../../job/contracts.js';
import { estimateDisk, formatBytes, soundBytes } from '../../job/diskEstimate.js';
import { resolveRooted } from '../../job/layout.js';
import { fileDigest } from '../../job/parts.js';
import { isOpen } from '../../job/store.js';
import { UserError } from '../../lib/errors.js';
import { exists, freeAt, placeOf } from '../../lib/files.js';
import { probeEncoder } from '../../media/encode/encoders.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { usedInfo } from '../../media/source/examine.js';
import { isDevice } from '../../runtime/devices.js';
import { requireDevice } from '../../runtime/probed.js';
import { deviceTags, discoverDevices } from '../../upscaler/devices.js';
import { requireNoDeadLink } from './outputFile.js';
import type { ResolvedJob } from './resolveJob.js';

/**
 * The report of the same job, when it was done before and its output is still there. @throws UserError when another
 * file has its name.
 */
export async function finishedBefore(
  { spec, stored }: ResolvedJob,
  config: Config,
  overwrite = false,
): Promise<JobReport | undefined> {
  const output = resolveRooted(config.roots, spec.output);
  const mayReplace = overwrite || spec.overwrite;
  if (!mayReplace) await requireNoDeadLink(output);
  if (!(await exists(output))) return undefined;
  if (stored?.report && (await fileDigest(output)) === stored.report.sha256) return stored.report;
  // An interrupted publish has given the name already; it recognises its own file.
  if (mayReplace || (stored && isOpen(stored))) return undefined;
  throw new UserError(`${output} exists already: choose another name with -o, or replace it with --overwrite`);
}

/**
 * Nothing times out where nobody serves a device, since another machine may come that does.
 * @throws UserError where only this machine upscales a new job, and cannot use the device that it asks for.
 */
export async function refuseWithoutDevice({ spec: { tags }, stored }: ResolvedJob, config: Config): Promise<void> {
  const device = tags.find(isDevice);
  const isServedBy = (served: string[]): boolean => tags.some((tag) => served.includes(tag));
  // The processor is there; what else is takes seconds to find out.
  if (config.temporalAddress || stored || device === undefined || isServedBy(deviceTags('cpu'))) return;
  if (!isServedBy((await discoverDevices()).flatMap((each) => each.tags))) await requireDevice(device);
}

/** @throws UserError where this machine encodes, and lacks the encoder that the job asks for. */
export async function refuseWithoutEncoder(
  { spec: { encode, method, picture }, info }: ResolvedJob,
  config: Config,
): Promise<void> {
  const { hdr, color } = info.video;
  const { bitDepth } = picture;
  // Workers of another pool encode on their own hosts.
  if (!config.temporalAddress && (encode.hardware || encode.codec !== 'h264' || bitDepth > 8))
    await probeEncoder(
      encode,
      { bitDepth, hdr, chroma: color.chromaLocation },
      deliverableShape(usedInfo(info, picture).video, method.scale, picture),
    );
}

/**
 * Frames whose upscaled pictures may wait on the disk, as many segments as the workflow lets stand: a guess before the
 * plan is made.
 */
const BACKLOG_FRAMES = 3 * 1000;

/** @throws UserError where the disks do not have what the job is estimated to need. */
export async function refuseWithoutSpace({ spec, ...job }: ResolvedJob, config: Config): Promise<void> {
  const info = usedInfo(job.info, spec.picture);
  const { promisedFrames, frameRate } = info.video;
  const { width, height } = deliverableShape(info.video, spec.method.scale, spec.picture);
  const told = promisedFrames ?? Math.ceil(((info.durationSeconds ?? 0) * frameRate.num) / frameRate.den);
  // A damaged header may tell of years; a frame takes a byte at least.
  const frames = Math.min(told, spec.source.size);
  const need = estimateDisk({
    frames,
    outputPixels: width * height,
    method: spec.method.kind,
    backlogFrames: BACKLOG_FRAMES,
    keepMezzanine: spec.keepMezzanine,
    bitDepth: spec.picture.bitDepth,
    audioBytes: soundBytes(info),
  });
  const jobs = await placeOf(config.roots.jobs);
  const output = await placeOf(path.dirname(resolveRooted(config.roots, spec.output)));
  const same = (await stat(jobs)).dev === (await stat(output)).dev;
  // The result stands beside the joined video until it is published.
  await requireSpace(jobs, need.jobs + config.minFreeBytes + (same ? need.output : 0));
  if (!same) await requireSpace(output, need.output);
}

async function requireSpace(place: string, bytes: number): Promise<void> {
  const free = await freeAt(place);
  if (free >= bytes) return;
  throw new UserError(
    `this needs about ${formatBytes(bytes)} at ${place}, and ${formatBytes(free)} are free: ` +
      'make room, or choose another place (REELSCALE_HOME, -o)',
  );
}
