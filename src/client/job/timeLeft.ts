import { type FrameStage, mainStage } from '../../job/jobShare.js';
import type { LiveProgress } from './live.js';
import { Speedometer } from './speedometer.js';

/** Of the frames a second that the encodes should make, what they do in a job on two cores, with the upscale done. */
const IN_A_JOB = 0.65;
/**
 * The same where nobody says what they should make: frames of an encode in the time that a light network takes for
 * one, measured at 1280x720 on two cores.
 */
const ENCODES_IN_AN_UPSCALE = 30;
/**
 * What an upscaled frame takes of the processor beside its network, as a share of its usual encode, measured at
 * 720x576 on two cores; and the most that all of them take. The encodes get it once the upscale has ended.
 */
const UPSCALE_IN_AN_ENCODE = 0.85;
const MOST_BY_UPSCALE = 1 / 2;
/** Until the first check begins: it decodes what the encode has made, measured at 2880x2304 on two cores. */
const CHECKS_IN_AN_ENCODE = 6;

/** Stages behind the checks of all segments. */
const LATE: ReadonlySet<LiveProgress['stage']> = new Set(['concat', 'merge', 'verify']);

/** A stage's own speed and what is usual count as much when it was at work for so long. */
const ENOUGH_MS = 3000;
/** The first segments are short, and a segment's check has costs of its own. */
const ENOUGH_CHECK_MS = 10_000;
/** The join, the merge and the last look, measured on clips of 10 to 60 s. */
const END_SECONDS = 2;
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

  /** Between what is known and what is usual, and after some seconds what is known. */
  or(usual: number, enough: number): number {
    if (usual === 0 || this.fps === 0) return this.fps || usual;
    const known = this.#worked.ms ** 2 / (this.#worked.ms ** 2 + enough ** 2);
    return this.fps ** known * usual ** (1 - known);
  }
}

/** What has a speed of its own: the encodes have the processor to themselves once the upscale has ended. */
type Work = FrameStage | 'encodeAlone';

/** The time that a whole job still takes, by the speed of each of its stages. */
export class TimeLeft {
  readonly #speeds: Record<Work, StageSpeed> = {
    upscale: new StageSpeed(),
    encode: new StageSpeed(),
    encodeAlone: new StageSpeed(),
    check: new StageSpeed(),
  };

  /** @param at milliseconds of any clock. */
  add(at: number, { kind, done, atWork }: LiveProgress): void {
    const alone = kind === 'model' && atWork.upscale === 0;
    this.#speeds.upscale.add(at, done.upscale, atWork.upscale > 0);
    this.#speeds.encode.add(at, done.encode, atWork.encode > 0 && !alone);
    this.#speeds.encodeAlone.add(at, done.encode, atWork.encode > 0 && alone);
    this.#speeds.check.add(at, done.check, atWork.check > 0);
  }

  /** Frames a second of the stage that makes the pictures; 0 until it is known. */
  fps(live: LiveProgress): number {
    return live.fps || this.#speeds[mainStage(live.kind)].fps;
  }

  /** Undefined until something is known. */
  seconds(live: LiveProgress): number | undefined {
    const { frames, done, segments, stage, checkedFrames } = live;
    // Of what has come as far as its end nobody knows how long that takes.
    if (frames === 0 || (checkedFrames !== undefined && LATE.has(stage))) return undefined;
    const speed = this.#speedsOf(live);
    const seconds = (count: number, fps: number): number => (count <= 0 ? 0 : fps > 0 ? count / fps : Number.NaN);
    const last = segments.at(-1)?.frames ?? 0;
    const upscaled = seconds(frames - done.upscale, speed.upscale);
    const toEncode = frames - done.encode - upscaled * speed.encode;
    // The segment that is upscaled last is encoded alone.
    const made = upscaled + seconds(upscaled > 0 ? Math.max(last, toEncode) : toEncode, speed.encodeAlone);
    const check = seconds(frames - done.check, speed.check);
    const checked =
      checkedFrames === undefined ? made + check : Math.max(made + (made > 0 ? last / speed.check : 0), check);
    if (Number.isNaN(checked)) return undefined;
    return checkedFrames !== undefined && checked > 0 ? checked + END_SECONDS : checked;
  }

  #speedsOf(live: LiveProgress): Record<Work, number> {
    const { kind, usualEncodeFps } = live;
    const speeds = this.#speeds;
    if (kind === 'filter') {
      const encode = this.fps(live);
      const check = speeds.check.or(CHECKS_IN_AN_ENCODE * encode, ENOUGH_CHECK_MS);
      return { upscale: 0, encode, encodeAlone: encode, check };
    }
    const upscale = speeds.upscale.or(live.fps, ENOUGH_MS);
    const usual = usualEncodeFps === undefined ? ENCODES_IN_AN_UPSCALE * upscale : IN_A_JOB * usualEncodeFps;
    const taken = Math.min(MOST_BY_UPSCALE, (UPSCALE_IN_AN_ENCODE * upscale) / (usualEncodeFps ?? Infinity));
    const encode = speeds.encode.or(usual * (1 - taken), ENOUGH_MS);
    const encodeAlone = speeds.encodeAlone.or(encode / (1 - taken), ENOUGH_MS);
    const check = speeds.check.or(CHECKS_IN_AN_ENCODE * encodeAlone, ENOUGH_CHECK_MS);
    return { upscale, encode, encodeAlone, check };
  }
}
