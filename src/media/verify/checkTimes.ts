import { type Rational, toNumber } from '../../lib/rational.js';
import type { Check } from './report.js';

/** When frames should be shown; only distances count. */
export interface ExpectedTimes {
  /** Ticks of `timebase`, strictly increasing. */
  pts: ArrayLike<number>;
  timebase: Rational;
  /** How long the last frame is shown, in ticks; undefined where nothing says it. */
  lastDuration?: number | undefined;
  /** How far a time may be off, in seconds: what the containers' clocks round away. */
  tolerance: number;
}

/** When frames of a file are shown, as decoded. */
export interface DecodedTimes {
  /** Ticks; NaN where a frame has no time. */
  pts: ArrayLike<number>;
  timebase: Rational;
  /** Of the video stream, where its header says it. */
  durationSeconds: number | undefined;
}

export interface TimesResult {
  checks: Check[];
  problems: string[];
  largestErrorSeconds: number;
}

/** Compares a file's frames and their times with those that it should have. */
export function checkTimes(decoded: DecodedTimes, expected: ExpectedTimes): TimesResult {
  const { tolerance } = expected;
  const shared = Math.min(decoded.pts.length, expected.pts.length);
  const problems: string[] = [];
  let largest = 0;
  let wrong = 0;
  for (let frame = 0; frame < shared; frame++) {
    const is = since(decoded, frame);
    const wanted = since(expected, frame);
    const error = Math.abs(is - wanted);
    if (error <= tolerance) largest = Math.max(largest, error);
    else if (wrong++ === 0)
      problems.push(`frame ${frame} is shown at ${is.toFixed(6)} s after the first, not at ${wanted.toFixed(6)} s`);
  }
  const count = {
    name: 'frames',
    ok: decoded.pts.length === expected.pts.length,
    measured: String(decoded.pts.length),
    expected: String(expected.pts.length),
  };
  if (!count.ok) problems.unshift(`it has ${count.measured} frames instead of ${count.expected}`);
  const times = {
    name: 'times',
    ok: wrong === 0,
    measured:
      wrong === 0
        ? `all ${shared} frames within ${micro(largest)} µs`
        : `${wrong} of ${shared} frames elsewhere; ${problems.at(-1) ?? ''}`,
    expected: `the source's, within ${micro(tolerance)} µs`,
  };
  const checks: Check[] = [count, times];
  if (expected.lastDuration !== undefined) {
    const wanted = since(expected, expected.pts.length - 1) + expected.lastDuration * toNumber(expected.timebase);
    const is = decoded.durationSeconds;
    const ok = is !== undefined && Math.abs(is - wanted) <= 0.001 + tolerance;
    checks.push({
      name: 'duration',
      ok,
      measured: is === undefined ? 'unknown' : `${is.toFixed(3)} s`,
      expected: `${wanted.toFixed(3)} s`,
    });
    if (!ok)
      problems.push(`the video lasts ${is?.toFixed(3) ?? 'an unknown number of'} s instead of ${wanted.toFixed(3)} s`);
  }
  return { checks, problems, largestErrorSeconds: largest };
}

const micro = (seconds: number): number => Math.round(seconds * 1e6);

/** Seconds from the first frame to this one. */
const since = ({ pts, timebase }: { pts: ArrayLike<number>; timebase: Rational }, frame: number): number =>
  ((pts[frame] as number) - (pts[0] as number)) * toNumber(timebase);
