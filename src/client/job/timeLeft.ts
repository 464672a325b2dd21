import { type FrameStage, mainStage, type PerStage, STAGES } from '../../job/jobShare.js';
import type { LiveProgress } from './live.js';
import { Speedometer } from './speedometer.js';

/**
 * Until the first encode begins: frames of it in the time that a light network takes for one, measured at 1280x720 on
 * two cores. A GPU's first encode begins soon.
 */
const ENCODES_IN_AN_UPSCALE = 30;
/** Until the first check begins: it decodes what the encode has made, measured at 2880x2304 on two cores. */
const CHECKS_IN_AN_ENCODE = 6;

/** Stages behind the checks of all segments. */
const LATE: ReadonlySet<LiveProgress['stage']> = new Set(['concat', 'merge', 'verify']);

/** Until a stage was at work for so long, news of its first frames say little. */
const ENOUGH_MS = 3000;
/** Work without news for so long counts as slow. */
const STALLED_MS = 30_000;
/** What has ended since the last look was at work for so long, at most. */
const LOOK_MS = 1000;

/**
 * Frames a second while a stage is at work; waits between do not count. News of frames come every few seconds and at
 * the end of a segment: time counts together with the frames that it gave.
 */
class StageSpeed {
  /** Its clock stands still while the stage waits. */
  readonly #speed = new Speedometer();
  /** Milliseconds at work, and frames made meanwhile. */
  #worked = { ms: 0, frames: 0 };
  /** Milliseconds at work since the last news. */
  #since = 0;
  #before: { at: number; frames: number; atWork: boolean } | undefined;

  constructor() {
    this.#speed.add(0, 0);
  }

  add(at: number, frames: number, atWork: boolean): void {
    const before = this.#before;
    this.#before = { at, frames, atWork };
    // What comes while nothing works was found on the disk, and says nothing of the speed.
    if (!before?.atWork) return;
    const made = Math.max(0, frames - before.frames);
    this.#since += atWork ? at - before.at : Math.min(at - before.at, LOOK_MS);
    if (made > 0 || this.#since > STALLED_MS) {
      this.#worked.ms += this.#since;
      this.#worked.frames += made;
      this.#speed.add(this.#worked.ms, this.#worked.frames);
      this.#since = 0;
    }
    // Of one that was interrupted nobody knows what it had made.
    if (!atWork) this.#since = 0;
  }

  /** 0 until it is known. */
  get fps(): number {
    return this.#speed.fps;
  }

  /** What is known, where it is better than what is usual. */
  or(usual: number): number {
    return this.#worked.ms < ENOUGH_MS ? usual || this.fps : this.fps || usual;
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
    const encode = kind === 'filter' ? this.fps(live) : this.#speeds.encode.or(ENCODES_IN_AN_UPSCALE * upscale);
    const speed: PerStage = { upscale, encode, check: this.#speeds.check.or(CHECKS_IN_AN_ENCODE * encode) };
    const left = (stage: FrameStage): number =>
      done[stage] >= frames ? 0 : speed[stage] > 0 ? (frames - done[stage]) / speed[stage] : Number.NaN;
    const main = left(mainStage(kind));
    // Nobody knows how long joining and merging take.
    if (frames === 0 || (live.checkedFrames !== undefined && LATE.has(live.stage))) return undefined;
    // The segment that is upscaled last is encoded alone.
    const lastFrames = segments.at(-1)?.frames ?? 0;
    const last = main > 0 && kind === 'model' ? lastFrames / speed.encode : 0;
    const made = Math.max(main + last, left('encode'));
    const seconds =
      live.checkedFrames === undefined
        ? made + left('check')
        : Math.max(made + (made > 0 ? lastFrames / speed.check : 0), left('check'));
    return Number.isNaN(seconds) ? undefined : seconds;
  }
}
