import { unlikeness } from './neighbours.js';

/** A place fits better when it leaves at most this share of the difference, and so many code values less. */
const LEFT = 0.5;
const LESS = 1;
/** Fewer frames say nothing. */
const LEAST_FRAMES = 8;

interface Fit {
  /** Sums of differences from the source's frames at another place, and from their own. */
  there: number;
  here: number;
  frames: number;
}

/** Finds out whether all pictures of a part are the source's some frames before or after, as when it was cut wrong. */
export class Misplaced {
  readonly #fits = new Map<number, Fit>();
  #frames = 0;

  /** @param near the source's frames around, by how many frames later they are. */
  add(output: Uint8Array, own: Uint8Array, near: Iterable<readonly [later: number, picture: Uint8Array]>): void {
    this.#frames++;
    const here = unlikeness(output, own);
    for (const [later, picture] of near) {
      const fit = this.#fits.get(later) ?? { there: 0, here: 0, frames: 0 };
      fit.there += unlikeness(output, picture);
      fit.here += here;
      fit.frames++;
      this.#fits.set(later, fit);
    }
  }

  /** How many frames later than their own the pictures are shown in the source, if that is surely not 0. */
  get later(): number | undefined {
    const [best] = [...this.#fits]
      .filter(([, { frames }]) => frames >= Math.max(LEAST_FRAMES, this.#frames / 2))
      .map(([later, { there, here, frames }]) => ({ later, there: there / frames, here: here / frames }))
      .sort((a, b) => a.there - a.here - (b.there - b.here));
    return best && best.there <= LEFT * best.here && best.there < best.here - LESS ? best.later : undefined;
  }
}
