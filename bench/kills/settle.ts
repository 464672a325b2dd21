import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { JobReport } from '../../src/job/contracts.js';
import { fileDigest } from '../../src/job/parts.js';
import { PART_FRAMES } from './clips.js';
import { contentsOf } from './digest.js';
import type { Task, Video } from './task.js';

/** Frames that are on their way when a part is interrupted, besides those of the part itself. */
const ON_THE_WAY = 5;

/** Frames that an interruption may cost. */
export const COST = PART_FRAMES + ON_THE_WAY;

export interface Totals {
  videos: number;
  frames: number;
  /** Of jobs with a network: the tally counts nothing else. */
  networkFrames: number;
  twice: number;
}

/**
 * Holds what a task has made against the undisturbed run. @param partsLost that interruptions may have cost. @returns
 * its frames.
 */
export async function settle(task: Task, reports: JobReport[], partsLost: number): Promise<Totals> {
  const totals: Totals = { videos: 0, frames: 0, networkFrames: 0, twice: 0 };
  const { method, videos } = task.asked;
  for (const video of videos) {
    const report = reports.find(({ output }) => output === video.output);
    if (!report) {
      task.violate(`${path.basename(video.output)} has no report`);
      continue;
    }
    await compare(task, video, report);
    totals.videos++;
    totals.frames += report.frames;
    if (method === 'net') {
      totals.networkFrames += report.frames;
      totals.twice += report.inferredFrames + report.duplicateFrames - report.frames;
    }
  }
  const allowed = partsLost * COST + task.flippedFrames;
  if (totals.twice > allowed)
    task.violate(
      `${totals.twice} frames went through the network twice, ` +
        `with ${partsLost} interruptions at the device and ${task.flippedFrames} frames in changed parts`,
    );
  if (totals.twice < 0) task.violate(`${-totals.twice} frames are in the result that never went through the network`);
  const folder = path.dirname(videos[0]?.output ?? '');
  const others = readdirSync(folder).filter(
    (name) => !videos.some(({ output }) => output === path.join(folder, name)) && name !== '.filler',
  );
  if (others.length > 0) task.violate(`beside the result lies ${others.join(', ')}`);
  return totals;
}

async function compare(task: Task, video: Video, report: JobReport): Promise<void> {
  if (!existsSync(video.output)) {
    task.violate(`${video.output} is not there`);
    return;
  }
  if ((await fileDigest(video.output)) !== report.sha256) task.violate('the result is not the file of the report');
  await compareContents(task, video);
}

/** Packets, decoded frames and their times are those of the undisturbed run. */
export async function compareContents(task: Task, { clip, output }: Video): Promise<void> {
  const wanted = clip.undisturbed[task.asked.method];
  const made = await contentsOf(output).catch((error: unknown) => ({
    file: output,
    frames: NaN,
    digest: String(error),
  }));
  if (made.frames !== wanted.frames) task.violate(`${made.frames} frames instead of ${wanted.frames}`);
  else if (made.digest !== wanted.digest)
    task.violate(`packets or decoded frames of ${path.basename(output)} differ from those of the undisturbed run`, [
      output,
      wanted.file,
    ]);
}
