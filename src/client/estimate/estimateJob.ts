import type { Config } from '../../../temporal.config.js';
import { estimateDisk, soundBytes } from '../../job/estimates.js';
import { resolveRooted } from '../../job/layout.js';
import { OTHER_DEVICES, REFERENCE_WORK, scaledFps } from '../../job/otherDevices.js';
import type { JobSpec } from '../../job/spec.js';
import { frameSize } from '../../media/picture/crop.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { workOf } from '../../models/multiplications.js';
import { expectJob, type Expectation, type JobToExpect } from './expectJob.js';
import type { JobEstimate } from './jobEstimate.js';

export interface EstimateOptions {
  /**
   * True: the source's packets are read, some pictures looked at, and the machine measured on the clip where it was not before: some seconds. False: by
   * what the header says and what was measured before, at once.
   */
  look: boolean;
  /** Price of an hour of any of the devices, in any currency. */
  costPerHour?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** What a job would take, on this machine and on others. Writes nothing but what was measured. @throws UserError for a source that cannot be read. */
export async function estimateJob(job: JobToExpect, config: Config, { look, costPerHour, signal }: EstimateOptions): Promise<JobEstimate> {
  const { spec } = job;
  const expectation = await expectJob(job, config, { look, signal });
  const { frames: { info, plan }, expected, device, outcomes } = expectation;
  const { width, height } = info.video;
  const work = spec.method.kind === 'model' ? await workOf(resolveRooted(config.roots, spec.method.file)) : undefined;
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
    ...(device && expected && {
      here: { device: device.device, label: device.label, ...timing(plan.frames / expected.seconds), basis: expected.basis, jobs: outcomes.length },
    }),
    elsewhere: work === undefined ? [] : OTHER_DEVICES.map((other) => ({ device: other.name, ...timing(scaledFps(other, { pixels: width * height, work })) })),
    ...(work !== undefined && { work: work / REFERENCE_WORK }),
    notes: notesOf(spec, expectation, work),
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

function notesOf({ method, tags }: JobSpec, { frames: { conform }, device, expected }: Expectation, work: number | undefined): string[] {
  return [
    ...(conform === undefined ? [] : [`the source is read in one straight pass first: ${conform}`]),
    ...(device ? [] : [`no device of this machine has the tag ${tags.join(' or ')}: its time is not known`]),
    ...(device && !expected ? ['nothing is known yet of the speed of this machine'] : []),
    ...(method.kind === 'model' && work === undefined ? ["how much work the network is cannot be told from its graph, so other devices' times are not known"] : []),
  ];
}
