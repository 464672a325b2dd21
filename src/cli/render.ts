import type { LiveProgress } from '../client/job/live.js';
import { Speedometer } from '../client/job/speedometer.js';
import { formatDuration } from '../lib/duration.js';
import { LineView } from './lineView.js';

const BAR = 24;

/** As exact as people want to know a speed. */
export const roughly = (value: number): string => (value < 10 ? value.toFixed(2) : String(Math.round(value)));

/** One line for people: stage, bar, frames, fps and the time that is left. */
export function progressLine(progress: LiveProgress, measuredFps: number, bar: boolean): string {
  const { stage, frames, doneFrames, paused, waiting } = progress;
  if (paused) return `paused: ${paused.reason}`;
  if (frames === 0 || (stage !== 'upscale' && stage !== 'encode')) return waiting ? `${stage}: ${waiting}` : stage;
  const share = doneFrames / frames;
  const fps = progress.fps || measuredFps;
  const parts = [
    stage,
    ...(bar ? [`[${'#'.repeat(Math.round(share * BAR)).padEnd(BAR, '.')}]`] : []),
    `${Math.floor(share * 100)} %`,
    `${doneFrames}/${frames} frames`,
    ...(fps > 0 ? [`${roughly(fps)} fps`, `${formatDuration((frames - doneFrames) / fps)} left`] : []),
    ...(waiting ? [waiting] : []),
  ];
  return parts.join('  ');
}

/** Shows how a job goes. */
export class ProgressView extends LineView {
  readonly #speed = new Speedometer();

  update(progress: LiveProgress, now: number): void {
    this.#speed.add(now, progress.doneFrames);
    this.once(progress.notices);
    const text = progressLine(progress, this.#speed.fps, this.interactive);
    // The first word is the stage.
    this.show(text, now, (last) => text.split(' ')[0] !== last.split(' ')[0]);
  }
}
