import type { SourceInfo } from '../../job/source.js';
import { toNumber } from '../../lib/rational.js';

/**
 * The longest pause between two frames that is no error, in seconds; ffmpeg's own limits. Streams for broadcast
 * restart their clock within a file; elsewhere a still picture may stay for hours.
 */
export const longestPause = (format: string): number => (/^(mov|matroska|nut)/.test(format) ? 30 * 3600 : 10);

/**
 * Streams without a container have a rate and no timestamps; ffmpeg makes these up, each a microsecond off at most,
 * and adds the errors up.
 */
export const isRaw = (format: string): boolean => /^(h264|hevc|m4v|mpegvideo|mjpeg|obu)$/.test(format);
/** Two times that are rounded to microseconds, in seconds. */
const ROUNDING = 2e-6;

/** The repair of a source's timestamps, in ticks of its timebase. */
export function repairFor({ format, video: { frameRate, timebase } }: SourceInfo): TimestampRepair {
  const tick = toNumber(timebase);
  const step = 1 / (toNumber(frameRate) * tick);
  return new TimestampRepair({
    nominalStep: step,
    longestPause: longestPause(format) / tick,
    ...(isRaw(format) && { counted: { field: step / 2, slack: ROUNDING / tick + 1 } }),
  });
}

interface Limits {
  nominalStep: number;
  longestPause: number;
  /** How long a field is shown, where times are whole numbers of fields that were rounded, by `slack` at most. */
  counted?: { field: number; slack: number };
}

/**
 * Timestamps of one straight decode, made strictly increasing as they come:
 * - none at all: one nominal step after the frame before;
 * - equal or a little backward: one tick after the frame before, and what follows keeps its own time;
 * - a jump beyond the limit, in either direction: the clock restarted or the value is wrong; the frame comes one
 *   nominal step after
 *   the one before, and what follows keeps its distance to it.
 */
export class TimestampRepair {
  readonly pts: number[] = [];
  repaired = 0;
  readonly #nominalStep: number;
  readonly #longestPause: number;
  /** Added to every timestamp since the last jump. */
  #shift = 0;

  readonly #counted: Limits['counted'];
  /** The last time as it came, and without what was rounded. */
  #came = NaN;
  #exact = NaN;

  /** All in ticks. */
  constructor({ nominalStep, longestPause, counted }: Limits) {
    this.#nominalStep = Math.max(1, Math.round(nominalStep));
    this.#longestPause = longestPause;
    this.#counted = counted;
  }

  /** @param time NaN where the frame has no timestamp. */
  push(time: number): void {
    this.#add(this.#counted ? this.#unrounded(time, this.#counted) : time);
  }

  #unrounded(time: number, { field, slack }: NonNullable<Limits['counted']>): number {
    const step = time - this.#came;
    const nearest = Math.round(step / field) * field;
    // ffmpeg 7 takes a tick of MPEG-4's clock for the step from frame to frame: a thousandth of it at 30000/1001 a
    // second.
    const exact = Math.abs(step - nearest) <= slack ? nearest : step > 0 && step < field / 2 ? 2 * field : step;
    this.#exact = Number.isNaN(step) ? time : this.#exact + exact;
    this.#came = time;
    return Math.round(this.#exact);
  }

  #add(raw: number): void {
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
