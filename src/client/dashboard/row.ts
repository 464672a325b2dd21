import path from 'node:path';
import { resolveRooted, type Roots } from '../../job/layout.js';
import type { Sight } from './observe.js';
import type { Job } from './schemas.js';
import type { Shown } from './shelf.js';

/** What the list shows of a job: how it ended, by the disk; what it is doing, by the server. @param fps as measured over the last half minute. */
export function rowOf(roots: Roots, { spec, report, ended, endedAt }: Shown, sight: Sight | undefined, fps: number): Job {
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
    const { frames, seconds, damaged } = report;
    return { ...row, status: 'done', percent: 100, frames, doneFrames: frames, fps: report.fps, seconds, ...(damaged && { damaged: true }) };
  }
  if (ended) return { ...row, status: ended.state, error: ended.message, ...shareOf(sight) };
  if (!sight?.running) return { ...row, status: 'interrupted', ...shareOf(sight) };
  return { ...row, ...atWork(sight, fps) };
}

function atWork(sight: Sight, measured: number): Pick<Job, 'status' | 'stage' | 'fps' | 'devices' | 'percent' | 'frames' | 'doneFrames' | 'etaSeconds' | 'waiting' | 'reason'> {
  const { live, devices } = sight;
  if (!live) return { status: 'running', fps: 0, devices, waiting: 'waiting for the control worker', ...shareOf(sight) };
  const { stage, paused, frames, doneFrames, waiting } = live;
  if (paused) return { status: 'paused', stage, reason: paused.reason, fps: 0, devices: [], ...shareOf(sight) };
  const main = stage === 'upscale' || stage === 'encode';
  const fps = main ? live.fps || measured : 0;
  return {
    status: 'running',
    stage,
    fps: Math.round(fps * 100) / 100,
    devices,
    ...(fps > 0 && { etaSeconds: Math.round((frames - doneFrames) / fps) }),
    ...(waiting !== undefined && { waiting }),
    ...shareOf(sight),
  };
}

function shareOf(sight: Sight | undefined): Pick<Job, 'percent' | 'frames' | 'doneFrames'> {
  const { frames = 0, doneFrames = 0 } = sight?.live ?? {};
  return { frames, doneFrames, percent: frames === 0 ? 0 : Math.floor((1000 * doneFrames) / frames) / 10 };
}
