import { CELLS } from './thumbnails.js';

/** How much of an output picture is the source's neighbouring frame. */
export interface Likeness {
  /** 0: it is its own source frame, 1: it is the neighbour. */
  share: number;
  /** How far own frame and neighbour are apart, in code values (root of the mean square). */
  apart: number;
}

/** A neighbour nearer than this shows the same: nobody could tell them apart. */
const SAME = 0.5;

/**
 * Projects an output picture's luma on the way from its source frame to a neighbour of that. Brightness and contrast do not count on either side:
 * a network may change both, and in a fade they are all that tells neighbours apart.
 * @returns undefined where the neighbour shows the same.
 */
export function likeness(output: Uint8Array, own: Uint8Array, neighbour: Uint8Array): Likeness | undefined {
  let s = 0;
  let n = 0;
  let ss = 0;
  let sn = 0;
  let nn = 0;
  for (let i = 0; i < CELLS; i++) {
    const a = own[i] as number;
    const b = neighbour[i] as number;
    s += a;
    n += b;
    ss += a * a;
    sn += a * b;
    nn += b * b;
  }
  const [ownMean, neighbourMean] = [s / CELLS, n / CELLS];
  const ownVariance = ss / CELLS - ownMean ** 2;
  // What is left of the neighbour without the own frame at its best brightness and contrast.
  const gain = ownVariance > 0 ? (sn / CELLS - ownMean * neighbourMean) / ownVariance : 0;
  const variance = nn / CELLS - neighbourMean ** 2 - gain ** 2 * ownVariance;
  if (!(variance > SAME * SAME)) return undefined;
  let along = 0;
  for (let i = 0; i < CELLS; i++) along += (output[i] as number) * ((neighbour[i] as number) - neighbourMean - gain * ((own[i] as number) - ownMean));
  return { share: along / CELLS / variance, apart: Math.sqrt(variance) };
}

/** How far an output picture is from its source frame when brightness and contrast do not count, in code values (root of the mean square). */
export function unlikeness(output: Uint8Array, own: Uint8Array): number {
  let s = 0;
  let o = 0;
  let ss = 0;
  let so = 0;
  let oo = 0;
  for (let i = 0; i < CELLS; i++) {
    const a = own[i] as number;
    const b = output[i] as number;
    s += a;
    o += b;
    ss += a * a;
    so += a * b;
    oo += b * b;
  }
  const ownVariance = ss / CELLS - (s / CELLS) ** 2;
  const covariance = so / CELLS - (s / CELLS) * (o / CELLS);
  const variance = oo / CELLS - (o / CELLS) ** 2 - (ownVariance > 0 ? covariance ** 2 / ownVariance : 0);
  return Math.sqrt(Math.max(0, variance));
}
