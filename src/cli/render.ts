import type { LiveProgress } from '../client/job/live.js';
import { Speedometer } from '../client/job/speedometer.js';
import { formatDuration } from '../lib/duration.js';
import { REWRITE } from './output.js';

const BAR = 24;

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
    ...(fps > 0 ? [`${fps < 10 ? fps.toFixed(2) : Math.round(fps)} fps`, `${formatDuration((frames - doneFrames) / fps)} left`] : []),
    ...(waiting ? [waiting] : []),
  ];
  return parts.join('  ');
}

/** Where progress goes: a line that is rewritten on a terminal, one every few seconds elsewhere. */
export class ProgressView {
  readonly #out: NodeJS.WriteStream;
  readonly #speed = new Speedometer();
  readonly #seen = new Set<string>();
  #lastAt = -Infinity;
  #lastText = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  get interactive(): boolean {
    return this.#out.isTTY;
  }

  update(progress: LiveProgress, now: number): void {
    this.#speed.add(now, progress.doneFrames);
    for (const notice of progress.notices) {
      if (!this.#seen.has(notice)) this.line(notice);
      this.#seen.add(notice);
    }
    const text = progressLine(progress, this.#speed.fps, this.interactive);
    if (this.interactive) {
      this.#out.write(`${REWRITE}${text.slice(0, this.#out.columns - 1)}`);
    } else if (text !== this.#lastText && (now - this.#lastAt >= 5000 || text.split(' ')[0] !== this.#lastText.split(' ')[0])) {
      this.#out.write(`${text}\n`);
      this.#lastAt = now;
      this.#lastText = text;
    }
  }

  /** A line that stays. */
  line(text: string): void {
    this.#out.write(this.interactive ? `${REWRITE}${text}\n` : `${text}\n`);
  }

  end(): void {
    if (this.interactive) this.#out.write(REWRITE);
  }
}
