import type { Config } from '../../../temporal.config.js';
import { backlogSegments } from '../../job/backlog.js';
import { estimateDisk, soundBytes } from '../../job/diskEstimate.js';
import { resolveRooted } from '../../job/layout.js';
import type { JobSpec } from '../../job/spec.js';
import { freeAt } from '../../lib/files.js';
import { frameSize } from '../../media/picture/crop.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { type EstimatedWork, estimateWork, type JobToEstimate } from './estimateWork.js';
import type { JobEstimate } from './jobEstimate.js';

export interface EstimateOptions {
  /**
   * True: the source's packets are read, some pictures looked at, and the machine measured on the clip where it was
   * not before: some seconds. False: by what the header says and what was measured before, at once.
   */
  look: boolean;
  /** Price of an hour of the device, in any currency. */
  costPerHour?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * What a job would take on this machine. Writes nothing but what was measured. @throws UserError for a source that
 * cannot be read.
 */
export async function estimateJob(
  job: JobToEstimate,
  config: Config,
  { look, costPerHour, signal }: EstimateOptions,
): Promise<JobEstimate> {
  const { spec } = job;
  const work = await estimateWork(job, config, { look, signal });
  const {
    frames: { info, plan },
    estimate,
    device,
    outcomes,
  } = work;
  const { width, height } = info.video;
  const timing = (fps: number) => {
    const seconds = plan.frames / fps;
    return { fps, seconds, ...(costPerHour !== undefined && { cost: (seconds / 3600) * costPerHour }) };
  };
  const disk = await diskOf(spec, work, config);
  const output = deliverableShape(info.video, spec.method.scale, spec.picture);
  return {
    input: resolveRooted(config.roots, spec.input),
    output: resolveRooted(config.roots, spec.output),
    method: `${spec.method.name} x${spec.method.scale}`,
    source: { width, height, seconds: info.durationSeconds ?? 0 },
    frames: plan.frames,
    segments: plan.segments.length,
    width: output.width,
    height: output.height,
    bytes: Math.round(estimate?.bytes ?? disk.output),
    disk,
    ...(device &&
      estimate && {
        here: {
          device: device.device,
          label: device.label,
          ...timing(plan.frames / estimate.seconds),
          basis: estimate.basis,
          jobs: outcomes.length,
        },
      }),
    notes: notesOf(spec, work),
  };
}

async function diskOf(
  spec: JobSpec,
  { frames: { info, plan, conform }, estimate, devices }: EstimatedWork,
  { roots, backlogBytes }: Config,
) {
  const { width, height } = deliverableShape(info.video, spec.method.scale, spec.picture);
  const segments = plan.segments.map((segment) => segment.frames);
  const backlog = backlogSegments({
    segments,
    outputPixels: width * height,
    bitDepth: spec.picture.bitDepth,
    free: await freeAt(roots.jobs),
    most: backlogBytes,
    devices,
  });
  const whole = frameSize(info.video);
  const audioBytes = soundBytes(info);
  return estimateDisk({
    frames: plan.frames,
    outputPixels: width * height,
    method: spec.method.kind,
    backlogFrames: backlog * Math.max(...segments),
    keepMezzanine: spec.keepMezzanine,
    bitDepth: spec.picture.bitDepth,
    audioBytes,
    ...(estimate && { encodedBytes: Math.max(0, estimate.bytes - audioBytes) }),
    ...(conform !== undefined && { conformedPixels: whole.width * whole.height }),
  });
}

function notesOf({ tags }: JobSpec, { frames: { conform }, device, estimate }: EstimatedWork): string[] {
  return [
    ...(conform === undefined ? [] : [`the source is read in one straight pass first: ${conform}`]),
    ...(device ? [] : [`no device of this machine has the tag ${tags.join(' or ')}: its time is not known`]),
    ...(device && !estimate ? ['nothing is known yet of the speed of this machine'] : []),
  ];
}
