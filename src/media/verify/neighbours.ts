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
 * Projects an output picture's luma on the way from its source frame to a neighbour of that. Brightness and contrast
 * do not count on either side: a network may change both, and in a fade they are all that tells neighbours apart.
 * @returns undefined where the neighbour shows the same.
 */
export function likeness(output: Uint8Array, own: Uint8Array, neighbour: Uint8Array): Likeness | undefined {
  const {
    means: [ownMean, neighbourMean],
    variances: [ownVariance, neighbourVariance],
    covariance,
  } = moments(own, neighbour);
  // What is left of the neighbour without the own frame at its best brightness and contrast.
  const gain = ownVariance > 0 ? covariance / ownVariance : 0;
  const variance = neighbourVariance - gain ** 2 * ownVariance;
  if (!(variance > SAME * SAME)) return undefined;
  let along = 0;
  for (let i = 0; i < CELLS; i++)
    along +=
      (output[i] as number) * ((neighbour[i] as number) - neighbourMean - gain * ((own[i] as number) - ownMean));
  return { share: along / CELLS / variance, apart: Math.sqrt(variance) };
}

/**
 * How far an output picture is from its source frame when brightness and contrast do not count, in code values (root
 * of the mean square).
 */
export function unlikeness(output: Uint8Array, own: Uint8Array): number {
  const {
    variances: [ownVariance, outputVariance],
    covariance,
  } = moments(own, output);
  const variance = outputVariance - (ownVariance > 0 ? covariance ** 2 / ownVariance : 0);
  return Math.sqrt(Math.max(0, variance));
}

interface Moments {
  means: [a: number, b: number];
  variances: [a: number, b: number];
  covariance: number;
}

function moments(first: Uint8Array, second: Uint8Array): Moments {
  let a = 0;
  let b = 0;
  let aa = 0;
  let ab = 0;
  let bb = 0;
  for (let i = 0; i < CELLS; i++) {
    const x = first[i] as number;
    const y = second[i] as number;
    a += x;
    b += y;
    aa += x * x;
    ab += x * y;
    bb += y * y;
  }
  const [meanA, meanB] = [a / CELLS, b / CELLS];
  return {
    means: [meanA, meanB],
    variances: [aa / CELLS - meanA ** 2, bb / CELLS - meanB ** 2],
    covariance: ab / CELLS - meanA * meanB,
  };
}
