import path from 'node:path';
import type { TimeLeft } from '../client/job/timeLeft.js';
import { mainStage, shareDone } from '../job/jobShare.js';
import { type Roots, resolveRooted } from '../job/layout.js';
import type { JobSpec } from '../job/spec.js';
import { type DurableFrames, durableCount } from './durableFrames.js';
import type { Shown } from './jobCache.js';
import type { Observation } from './observation.js';
import type { Job } from './schemas/jobs.js';

/** What is known of a job besides what lies in its folder. */
interface Seen {
  observation: Observation | undefined;
  durable: DurableFrames | undefined;
  /** By the speed of its stages so far. */
  time: TimeLeft | undefined;
}

/** What the list shows of a job: how it ended, by the disk; what it is doing, by the server. */
export function rowOf(roots: Roots, { spec, report, ended, endedAt }: Shown, seen: Seen): Job {
  const [input, output] = [resolveRooted(roots, spec.input), resolveRooted(roots, spec.output)];
  const row = {
    job: spec.jobKey,
    inputName: path.basename(input),
    input,
    outputName: path.basename(output),
    output,
    method: `${spec.method.name} x${spec.method.scale}`,
    frames: 0,
    doneFrames: 0,
    percent: 0,
    fps: 0,
    devices: [],
    createdAt: spec.createdAt,
    ...(endedAt !== undefined && { endedAt }),
  };
  if (report) {
    const { frames, seconds, damaged, accepted } = report;
    return {
      ...row,
      status: 'done',
      percent: 100,
      frames,
      doneFrames: frames,
      fps: report.fps,
      seconds,
      ...(damaged && { damaged: true }),
      ...(accepted && { accepted: true }),
    };
  }
  if (ended) return { ...row, status: ended.state, error: ended.message, ...shareOf(spec, seen) };
  const { observation } = seen;
  if (!observation?.running) return { ...row, status: 'interrupted', ...shareOf(spec, seen) };
  return { ...row, ...atWork(spec, observation, seen) };
}

function atWork(
  spec: JobSpec,
  observation: Observation,
  seen: Seen,
): Pick<
  Job,
  'status' | 'stage' | 'fps' | 'devices' | 'percent' | 'frames' | 'doneFrames' | 'etaSeconds' | 'waiting' | 'reason'
> {
  const { live, devices } = observation;
  if (!live)
    return { status: 'running', fps: 0, devices, waiting: 'waiting for the control worker', ...shareOf(spec, seen) };
  const { stage, paused, waiting } = live;
  if (paused) return { status: 'paused', stage, reason: paused.reason, fps: 0, devices: [], ...shareOf(spec, seen) };
  const main = stage === 'upscale' || stage === 'encode';
  const fps = main ? (seen.time?.fps(live) ?? live.fps) : 0;
  const left = seen.time?.seconds(live);
  return {
    status: 'running',
    stage,
    fps: Math.round(fps * 100) / 100,
    devices,
    ...(left !== undefined && { etaSeconds: Math.round(left) }),
    ...(waiting !== undefined && { waiting }),
    ...shareOf(spec, seen),
  };
}

/** By what its activities say; of segments that none works on, by their parts. */
function shareOf(
  { method: { kind } }: JobSpec,
  { observation, durable }: Seen,
): Pick<Job, 'percent' | 'frames' | 'doneFrames'> {
  const { live } = observation ?? {};
  const frames = live?.frames || durable?.frames || 0;
  const made = durable ? durableCount(durable) : 0;
  const none = { upscale: 0, encode: 0, check: 0 };
  const share = Math.max(
    live?.share ?? 0,
    shareDone(kind, { frames, stage: mainStage(kind) }, { ...none, [mainStage(kind)]: made }),
  );
  return { frames, doneFrames: Math.max(live?.doneFrames ?? 0, made), percent: Math.floor(1000 * share) / 10 };
}
