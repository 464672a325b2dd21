import type { LiveProgress } from '../client/job/live.js';
import { TimeLeft } from '../client/job/timeLeft.js';
import { formatDuration } from '../lib/duration.js';
import { LineView } from './lineView.js';

const BAR = 24;

/** As exact as people want to know a speed. */
export const roughly = (value: number): string => (value < 10 ? value.toFixed(2) : String(Math.round(value)));

/** One line for people: stage, bar, share of the whole job, frames, fps and the time that is left. */
export function progressLine(progress: LiveProgress, time: TimeLeft, bar: boolean): string {
  const { stage, frames, doneFrames, share, paused, waiting } = progress;
  if (paused) return `paused: ${paused.reason}`;
  if (frames === 0) return waiting ? `${stage}: ${waiting}` : stage;
  const makesPictures = stage === 'upscale' || stage === 'encode';
  const fps = makesPictures ? time.fps(progress) : 0;
  const left = time.seconds(progress);
  const parts = [
    stage,
    ...(bar ? [`[${'#'.repeat(Math.floor(share * BAR)).padEnd(BAR, '.')}]`] : []),
    `${Math.floor(share * 100)} %`,
    ...(makesPictures ? [`${doneFrames}/${frames} frames`] : []),
    ...(fps > 0 ? [`${roughly(fps)} fps`] : []),
    ...(left !== undefined && share < 1 ? [`${formatDuration(left)} left`] : []),
    ...(waiting ? [waiting] : []),
  ];
  return parts.join('  ');
}

/** Shows how a job goes. */
export class ProgressView extends LineView {
  readonly #time = new TimeLeft();

  update(progress: LiveProgress, now: number): void {
    this.#time.add(now, progress);
    this.once(progress.notices);
    const text = progressLine(progress, this.#time, this.interactive);
    // The first word is the stage.
    this.show(text, now, (last) => text.split(' ')[0] !== last.split(' ')[0]);
  }
}
