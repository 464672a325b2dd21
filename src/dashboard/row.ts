import path from 'node:path';
import { type Roots, resolveRooted } from '../job/layout.js';
import { type DurableFrames, durableCount } from './durableFrames.js';
import type { Shown } from './jobCache.js';
import type { Observation } from './observation.js';
import type { Job } from './schemas/jobs.js';

/** What is known of a job besides what lies in its folder. */
interface Seen {
  observation: Observation | undefined;
  durable: DurableFrames | undefined;
  /** As measured over the last half minute. */
  fps: number;
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
  if (ended) return { ...row, status: ended.state, error: ended.message, ...shareOf(seen) };
  const { observation } = seen;
  if (!observation?.running) return { ...row, status: 'interrupted', ...shareOf(seen) };
  return { ...row, ...atWork(observation, seen) };
}

function atWork(
  observation: Observation,
  seen: Seen,
): Pick<
  Job,
  'status' | 'stage' | 'fps' | 'devices' | 'percent' | 'frames' | 'doneFrames' | 'etaSeconds' | 'waiting' | 'reason'
> {
  const { live, devices } = observation;
  if (!live)
    return { status: 'running', fps: 0, devices, waiting: 'waiting for the control worker', ...shareOf(seen) };
  const { stage, paused, frames, doneFrames, waiting } = live;
  if (paused) return { status: 'paused', stage, reason: paused.reason, fps: 0, devices: [], ...shareOf(seen) };
  const main = stage === 'upscale' || stage === 'encode';
  const fps = main ? live.fps || seen.fps : 0;
  return {
    status: 'running',
    stage,
    fps: Math.round(fps * 100) / 100,
    devices,
    ...(fps > 0 && { etaSeconds: Math.round((frames - doneFrames) / fps) }),
    ...(waiting !== undefined && { waiting }),
    ...shareOf(seen),
  };
}

/** By what its activities say; of segments that none works on, by their parts. */
function shareOf({ observation, durable }: Seen): Pick<Job, 'percent' | 'frames' | 'doneFrames'> {
  const frames = observation?.live?.frames || durable?.frames || 0;
  const doneFrames = Math.max(observation?.live?.doneFrames ?? 0, durable ? durableCount(durable) : 0);
  return { frames, doneFrames, percent: frames === 0 ? 0 : Math.floor((1000 * doneFrames) / frames) / 10 };
}
