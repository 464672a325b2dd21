import { ENVELOPE_STEP } from './sound.js';

/**
 * How much later one stretch of sound is heard than another, or why that cannot be said: `steady` is also what repeats
 * itself.
 */
export type Lag = { seconds: number } | 'silent' | 'steady' | 'different';

/** Lags that are looked for, in seconds either way. */
const LONGEST = 0.4;
/**
 * Changes of loudness count that are slower than the first and faster than the second, in seconds. Faster ones are the
 * waves themselves.
 */
const FAST = 0.012;
const SLOW = 0.15;
/** Loudness of 16-bit samples below which nothing is heard: -66 dB. */
const SILENT = 16;
/** Least change of loudness, as part of the loudness. */
const STEADY = 0.04;
/** Two stretches are of the same sound when their changes correlate at least so at some lag. */
const SAME = 0.5;
/** A lag is believed when it fits better by so much than none, and than any that is not near it. */
const BETTER = 0.1;
const NEAR = 0.02;

/**
 * Compares the envelopes of the same stretch of two files by cross-correlation. Sound that repeats itself may fit at
 * several lags; where it fits at none as well, there is none.
 */
export function lagOf(source: Float32Array, output: Float32Array): Lag {
  const level = mean(source);
  if (level < SILENT) return 'silent';
  const a = changes(source);
  if (Math.sqrt(mean(a.map((value) => value * value))) < STEADY * level) return 'steady';
  const b = changes(output);
  const reach = Math.min(Math.round(LONGEST / ENVELOPE_STEP), source.length >> 2);
  let best = 0;
  let most = -1;
  const correlations = new Map<number, number>();
  for (let lag = -reach - 1; lag <= reach + 1; lag++) {
    const value = correlation(a, b, lag);
    correlations.set(lag, value);
    if (Math.abs(lag) <= reach && value > most) [best, most] = [lag, value];
  }
  if (most < SAME) return 'different';
  const at = (lag: number): number => correlations.get(lag) as number;
  if (most - at(0) < BETTER) return { seconds: 0 };
  if ([...correlations].some(([lag, value]) => Math.abs(lag - best) * ENVELOPE_STEP > NEAR && most - value < BETTER))
    return 'steady';
  // The top of the parabola through the best lag and its neighbours.
  const [before, after] = [at(best - 1), at(best + 1)];
  const bend = before - 2 * most + after;
  return { seconds: (best + (bend < 0 ? (before - after) / (2 * bend) : 0)) * ENVELOPE_STEP };
}

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Differences of the loudness at hand from the loudness around. */
function changes(envelope: Float32Array): Float32Array {
  const near = around(envelope, FAST);
  const far = around(envelope, SLOW);
  return near.map((value, i) => value - (far[i] as number));
}

/** Moving mean over some seconds. */
function around(envelope: Float32Array, seconds: number): Float32Array {
  const half = Math.round(seconds / ENVELOPE_STEP / 2);
  const sums = new Float64Array(envelope.length + 1);
  for (const [i, value] of envelope.entries()) sums[i + 1] = (sums[i] as number) + value;
  return envelope.map((_, i) => {
    const [from, to] = [Math.max(0, i - half), Math.min(envelope.length, i + half + 1)];
    return ((sums[to] as number) - (sums[from] as number)) / (to - from);
  });
}

/** Of `a[i]` with `b[i + lag]`, -1 to 1. */
function correlation(a: Float32Array, b: Float32Array, lag: number): number {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let i = Math.max(0, -lag); i < a.length - Math.max(0, lag); i++) {
    const x = a[i] as number;
    const y = b[i + lag] as number;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}
