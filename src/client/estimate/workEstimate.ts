import { soundBytes } from '../../job/diskEstimate.js';
import { correctionOf, median, type Outcome, type WorkEstimate } from '../../job/estimateRecords.js';
import { GOP_FRAMES } from '../../job/plan.js';
import type { JobSpec } from '../../job/spec.js';
import { deliverableShape } from '../../media/picture/shape.js';
import type { Calibration } from './calibrate.js';
import type { PlannedFrames } from './plannedFrames.js';
import { seenPixels } from './seenPixels.js';

/** Until the first frame is at work, with a supervisor that has to start. */
const START_SECONDS = 4;
/** Source pixels a second of the straight pass that conforms: UT Video at 7 ms for 720x576, and the decode. */
const CONFORM_SPEED = 3e7;
/** Pixels of the result a second, through the joins and the checks: measured on 2 cores. */
const CHECK_SPEED = 4e8;

export interface WorkToEstimate {
  spec: JobSpec;
  frames: PlannedFrames;
  /** `cpu` or `cuda:N`; what upscales. */
  device: string;
  /** That upscale at the same time. */
  devices: number;
  /** Encodes at the same time. */
  parallel: number;
  calibration: Calibration | undefined;
  /** Earlier jobs of this kind. */
  outcomes: readonly Outcome[];
}

/** What a job should take on this machine; undefined where neither a calibration nor an earlier job says anything. */
export function workEstimate(job: WorkToEstimate): WorkEstimate | undefined {
  const { calibration, outcomes, frames } = job;
  if (calibration) {
    const raw = {
      seconds: secondsBy(calibration, job),
      bytes: videoBytes(calibration, frames.plan.frames) + soundBytes(frames.info),
    };
    const correction = correctionOf(outcomes);
    return { basis: 'measured', seconds: raw.seconds * correction.seconds, bytes: raw.bytes * correction.bytes, raw };
  }
  const { width, height } = frames.info.video;
  const pixels = frames.plan.frames * width * height;
  const each = (name: 'seconds' | 'bytes'): number | undefined =>
    median(outcomes.map((outcome) => outcome[name] / (outcome.frames * outcome.pixels)));
  const [seconds, bytes] = [each('seconds'), each('bytes')];
  if (seconds === undefined || bytes === undefined) return undefined;
  const raw = { seconds: seconds * pixels, bytes: bytes * pixels };
  return { basis: 'jobs', ...raw, raw };
}

function secondsBy(
  { upscale, encode }: Calibration,
  { spec, frames, device, devices, parallel }: WorkToEstimate,
): number {
  const { method } = spec;
  const { video } = frames.info;
  const count = frames.plan.frames;
  const output = deliverableShape(video, method.scale, spec.picture);
  const upscaling =
    upscale && method.kind === 'model' ? (count * seenPixels(method, video) * upscale.secondsPerPixel) / devices : 0;
  const encoding = count * encode.seconds * Math.min(1, encode.parallel / Math.max(1, parallel));
  // The processor does one thing or the other; a GPU upscales while it encodes.
  const longer = Math.max(upscaling, encoding);
  const working =
    device === 'cpu' ? upscaling + encoding : longer + Math.min(upscaling, encoding) / frames.plan.segments.length;
  const conforming = frames.conform === undefined ? 0 : (count * video.width * video.height) / CONFORM_SPEED;
  return START_SECONDS + conforming + working + (count * output.width * output.height) / CHECK_SPEED;
}

function videoBytes({ encode }: Calibration, frames: number): number {
  const keys = Math.ceil(frames / GOP_FRAMES);
  return keys * encode.keyBytes + (frames - keys) * encode.frameBytes;
}
