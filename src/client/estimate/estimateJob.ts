import type { Config } from '../../../temporal.config.js';
import { estimateDisk, soundBytes } from '../../job/estimates.js';
import { resolveRooted } from '../../job/layout.js';
import type { JobSpec } from '../../job/spec.js';
import { frameSize } from '../../media/picture/crop.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { type Expectation, expectJob, type JobToExpect } from './expectJob.js';
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
  job: JobToExpect,
  config: Config,
  { look, costPerHour, signal }: EstimateOptions,
): Promise<JobEstimate> {
  const { spec } = job;
  const expectation = await expectJob(job, config, { look, signal });
  const {
    frames: { info, plan },
    expected,
    device,
    outcomes,
  } = expectation;
  const { width, height } = info.video;
  const timing = (fps: number) => {
    const seconds = plan.frames / fps;
    return { fps, seconds, ...(costPerHour !== undefined && { cost: (seconds / 3600) * costPerHour }) };
  };
  const disk = diskOf(spec, expectation);
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
    bytes: Math.round(expected?.bytes ?? disk.output),
    disk,
    ...(device &&
      expected && {
        here: {
          device: device.device,
          label: device.label,
          ...timing(plan.frames / expected.seconds),
          basis: expected.basis,
          jobs: outcomes.length,
        },
      }),
    notes: notesOf(spec, expectation),
  };
}

function diskOf(spec: JobSpec, { frames: { info, plan, conform }, expected, devices }: Expectation) {
  const { width, height } = deliverableShape(info.video, spec.method.scale, spec.picture);
  const whole = frameSize(info.video);
  const audioBytes = soundBytes(info);
  return estimateDisk({
    frames: plan.frames,
    outputPixels: width * height,
    method: spec.method.kind,
    backlogFrames: (devices + 1) * Math.max(...plan.segments.map((segment) => segment.frames)),
    keepMezzanine: spec.keepMezzanine,
    bitDepth: spec.picture.bitDepth,
    audioBytes,
    ...(expected && { encodedBytes: Math.max(0, expected.bytes - audioBytes) }),
    ...(conform !== undefined && { conformedPixels: whole.width * whole.height }),
  });
}

function notesOf({ tags }: JobSpec, { frames: { conform }, device, expected }: Expectation): string[] {
  return [
    ...(conform === undefined ? [] : [`the source is read in one straight pass first: ${conform}`]),
    ...(device ? [] : [`no device of this machine has the tag ${tags.join(' or ')}: its time is not known`]),
    ...(device && !expected ? ['nothing is known yet of the speed of this machine'] : []),
  ];
}
