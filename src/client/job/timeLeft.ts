import { type FrameStage, mainStage, type PerStage, STAGES } from './jobShare.js';
import type { LiveProgress } from './live.js';

const WINDOW_MS = 30_000;
/**
 * Until the first encode begins: frames of it in the time that a light network takes for one, measured at 1280x720 on
 * two cores. A GPU's first encode begins soon.
 */
const ENCODES_IN_AN_UPSCALE = 30;
/** Until the first check begins: it decodes what the encode has made, measured at 2880x2304 on two cores. */
const CHECKS_IN_AN_ENCODE = 6;

/** Frames a second while a stage is at work, over its last half minute; waits between do not count. */
class StageSpeed {
  /** Milliseconds at work, and frames made meanwhile. */
  readonly #samples = [{ busy: 0, made: 0 }];
  #before: { at: number; frames: number; atWork: boolean } | undefined;

  add(at: number, frames: number, atWork: boolean): void {
    const before = this.#before;
    this.#before = { at, frames, atWork };
    // What comes while nothing works was found on the disk, and says nothing of the speed.
    if (!before?.atWork || !atWork) return;
    const { busy, made } = this.#samples.at(-1) ?? { busy: 0, made: 0 };
    const now = { busy: busy + at - before.at, made: made + Math.max(0, frames - before.frames) };
    this.#samples.push(now);
    while (this.#samples.length > 2 && now.busy - (this.#samples[0]?.busy ?? 0) > WINDOW_MS) this.#samples.shift();
  }

  /** 0 until it is known. */
  get fps(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.busy === first.busy) return 0;
    return (1000 * (last.made - first.made)) / (last.busy - first.busy);
  }
}

/** The time that a whole job still takes, by the speed of each of its stages. */
export class TimeLeft {
  readonly #speeds: Record<FrameStage, StageSpeed> = {
    upscale: new StageSpeed(),
    encode: new StageSpeed(),
    check: new StageSpeed(),
  };

  /** @param at milliseconds of any clock. */
  add(at: number, live: LiveProgress): void {
    for (const stage of STAGES) this.#speeds[stage].add(at, live.done[stage], live.atWork[stage] > 0);
  }

  /** Frames a second of the stage that makes the pictures; 0 until it is known. */
  fps(live: LiveProgress): number {
    return live.fps || this.#speeds[mainStage(live.kind)].fps;
  }

  /** Undefined until something is known. */
  seconds(live: LiveProgress): number | undefined {
    const { kind, frames, done, segments } = live;
    const upscale = kind === 'model' ? this.fps(live) : 0;
    const encode = kind === 'filter' ? this.fps(live) : this.#speeds.encode.fps || ENCODES_IN_AN_UPSCALE * upscale;
    const speed: PerStage = { upscale, encode, check: this.#speeds.check.fps || CHECKS_IN_AN_ENCODE * encode };
    const left = (stage: FrameStage): number =>
      done[stage] >= frames ? 0 : speed[stage] > 0 ? (frames - done[stage]) / speed[stage] : Number.NaN;
    const main = left(mainStage(kind));
    if (frames === 0) return undefined;
    // The segment that is upscaled last is encoded alone.
    const last = main > 0 && kind === 'model' ? (segments.at(-1)?.frames ?? 0) / speed.encode : 0;
    const seconds = Math.max(main + last, left('encode')) + left('check');
    return Number.isNaN(seconds) ? undefined : seconds;
  }
}
