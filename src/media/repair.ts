/**
 * Timestamps of one straight decode, made strictly increasing as they come:
 * - none at all: one nominal step after the frame before;
 * - equal or a little backward: one tick after the frame before, and what follows keeps its own time;
 * - a jump beyond the limit, in either direction: the clock restarted or the value is wrong; the frame comes one nominal step after
 *   the one before, and what follows keeps its distance to it.
 */
export class TimestampRepair {
  readonly pts: number[] = [];
  repaired = 0;
  readonly #nominalStep: number;
  readonly #longestPause: number;
  /** Added to every timestamp since the last jump. */
  #shift = 0;

  /** All in ticks. */
  constructor(limits: { nominalStep: number; longestPause: number }) {
    this.#nominalStep = Math.max(1, Math.round(limits.nominalStep));
    this.#longestPause = limits.longestPause;
  }

  /** @param raw NaN where the frame has no timestamp. */
  push(raw: number): void {
    const last = this.pts.at(-1);
    if (last === undefined) {
      const usable = Math.abs(raw) <= Number.MAX_SAFE_INTEGER / 2;
      if (!usable) this.#restart(raw, 0);
      this.pts.push(usable ? raw : 0);
      return;
    }
    const time = raw + this.#shift;
    const step = time - last;
    if (Math.abs(step) <= this.#longestPause) {
      if (step <= 0) this.repaired++;
      this.pts.push(step > 0 ? time : last + 1);
      return;
    }
    this.#restart(raw, last + this.#nominalStep);
    this.pts.push(last + this.#nominalStep);
  }

  #restart(raw: number, time: number): void {
    this.repaired++;
    if (!Number.isNaN(raw)) this.#shift = time - raw;
  }
}
