import { decodeTimeline, encodeTimeline, type Timeline } from '../../job/timeline.js';
import { type Rational, toNumber } from '../../lib/rational.js';

/** Finest timescale that the MP4 writer holds exactly, in ticks a second. */
export const MAX_TIMESCALE = 1_000_000;

const gcd = (a: number, b: number): number => (b === 0 ? Math.abs(a) : gcd(b, a % b));
const lcm = (a: number, b: number): number => (a / gcd(a, b)) * b;

/**
 * Containers that count in milliseconds, or in 1/90000 s, round the times of a constant-rate film: 42, 41, 42 ms at 24
 * frames a second. Where every timestamp lies within one source tick, and within half a frame, of the nominal rate's
 * grid, the grid is returned, in a timebase in which it and the first timestamp are exact; a variable rate, or a
 * constant one that is exact already, comes back unchanged.
 */
export function cfrTimeline(timeline: Timeline, frameRate: Rational): Timeline {
  if (timeline.steps.length < 2) return timeline;
  const { num, den } = timeline.timebase;
  const step = (den * frameRate.den) / (num * frameRate.num);
  // Of a clock that ticks once a frame, a whole tick is a dropped frame.
  const rounding = Math.min(1, step / 2);
  const pts = decodeTimeline(timeline);
  if (!pts.every((value, i) => Math.abs(value - timeline.firstPts - i * step) <= rounding)) return timeline;
  const timescale = timescaleOf(timeline, frameRate);
  const gridStep = (timescale * frameRate.den) / frameRate.num;
  const lastSteps = timeline.lastDuration / step;
  return {
    timebase: { num: 1, den: timescale },
    firstPts: Math.round((timeline.firstPts * num * timescale) / den),
    steps: [[gridStep, pts.length - 1]],
    lastDuration:
      Math.abs(timeline.lastDuration - step) <= rounding ? gridStep : Math.max(1, Math.round(lastSteps * gridStep)),
  };
}

/**
 * The smallest multiple of the rate's numerator in which the first timestamp is exact, or the largest one that MP4 can
 * hold.
 */
function timescaleOf({ timebase, firstPts }: Timeline, frameRate: Rational): number {
  const rate = frameRate.num / gcd(frameRate.num, frameRate.den);
  const forFirst = timebase.den / gcd(timebase.den, firstPts * timebase.num);
  const exact = lcm(rate, forFirst);
  return exact <= MAX_TIMESCALE ? exact : Math.max(1, Math.floor(MAX_TIMESCALE / rate)) * rate;
}

/**
 * The timeline of the deliverable: the grid where the source's times fit it, else the source's own times. Timebases
 * finer than a microsecond, which MP4 is not written with, are rounded to it, each time by itself: at most 0.5 µs, and
 * no drift.
 */
export function deliveredTimeline(timeline: Timeline, frameRate: Rational): Timeline {
  const grid = cfrTimeline(timeline, frameRate);
  if (grid.timebase.den / gcd(grid.timebase.den, grid.timebase.num) <= MAX_TIMESCALE) return grid;
  const ticks = toNumber(grid.timebase) * MAX_TIMESCALE;
  const pts = decodeTimeline(grid).map((value) => Math.round(value * ticks));
  for (let i = 1; i < pts.length; i++) pts[i] = Math.max(pts[i] as number, (pts[i - 1] as number) + 1);
  return encodeTimeline(pts, { num: 1, den: MAX_TIMESCALE }, Math.max(1, Math.round(grid.lastDuration * ticks)));
}

/** Frames a second where all frames are shown equally long; undefined where they are not. */
export function constantRate({ pts, timebase }: { pts: ArrayLike<number>; timebase: Rational }): Rational | undefined {
  const step = (pts[1] as number) - (pts[0] as number);
  if (pts.length < 2 || !Array.from(pts).every((value, i) => i === 0 || value - (pts[i - 1] as number) === step))
    return undefined;
  const [num, den] = [timebase.den, timebase.num * step];
  return { num: num / gcd(num, den), den: den / gcd(num, den) };
}

/**
 * What the user should know of frames that Matroska, which counts in milliseconds, shows at the same time; undefined
 * where there are none.
 */
export function sameMillisecond({
  pts,
  timebase,
}: {
  pts: ArrayLike<number>;
  timebase: Rational;
}): string | undefined {
  const times = Array.from(pts, (value) => Math.round((value - (pts[0] as number)) * toNumber(timebase) * 1000));
  const same = times.filter((time, i) => time === times[i - 1]).length;
  return same === 0
    ? undefined
    : `${same} frame${same === 1 ? '' : 's'} come less than a millisecond after another, ` +
        'which MKV cannot tell apart: choose -o NAME.mp4';
}
