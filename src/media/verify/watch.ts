import { Runs } from './runs.js';
import { CELLS, distance, lumaMean } from './thumbnails.js';

/** Mean luma, 0 to 255, below which a picture is black. */
const BLACK = 4;
/** Pictures nearer than this are the same one, in code values (root of the mean square). */
const SAME = 0.05;
/** A few frames that are black between pictures of one scene are a fault, not a cut. */
const FLASH_FRAMES = 3;
const SCENE = 15;
const RUNS = 20;

/** Watches a video's thumbnails go by, without anything to compare them with but each other. */
export class Watch {
  /** Black pictures. */
  readonly black = new Runs(RUNS);
  /** Short black stretches within a scene. */
  readonly flashes = new Runs();
  /** Pictures that repeat the one before. */
  readonly repeated = new Runs(RUNS);
  /** Repeated ones that make a stretch of a second or more. */
  readonly frozen = new Runs(RUNS);
  readonly #longFrames: number;
  #frame = 0;
  #last: Uint8Array | undefined;
  #bright: { frame: number; picture: Uint8Array } | undefined;
  #still = 0;

  /** @param rate frames a second. */
  constructor(rate: number) {
    this.#longFrames = Math.max(2, Math.round(rate));
  }

  add(picture: Uint8Array): void {
    const frame = this.#frame++;
    const isBlack = lumaMean(picture) < BLACK;
    if (isBlack) this.black.add(frame);
    else this.#endBlack(frame, picture);
    const repeats = this.#last !== undefined && distance(picture, this.#last, 0, 3 * CELLS) < SAME;
    this.#still = repeats ? this.#still + 1 : 0;
    if (repeats) this.repeated.add(frame);
    if (this.#still === this.#longFrames) for (let i = frame - this.#still; i < frame; i++) this.frozen.add(i);
    if (this.#still >= this.#longFrames) this.frozen.add(frame);
    this.#last = picture;
  }

  #endBlack(frame: number, picture: Uint8Array): void {
    const before = this.#bright;
    const dark = before ? frame - before.frame - 1 : 0;
    if (
      before &&
      dark > 0 &&
      dark <= FLASH_FRAMES &&
      distance(picture, before.picture) < SCENE &&
      lumaMean(picture) > SCENE
    ) {
      for (let i = before.frame + 1; i < frame; i++) this.flashes.add(i);
    }
    this.#bright = { frame, picture };
  }
}
