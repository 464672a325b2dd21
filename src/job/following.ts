import { ENCODE_SECONDS } from './segmentSizes.js';

/** The signal by which an upscale says that its segment's first part is durable. */
export const BEGUN_SIGNAL = 'segmentBegun';

/**
 * Of the time in which a segment is upscaled, what its encode takes at least where it follows: an encode that waits
 * for a slow device would hold a place on its host, and be no sooner done.
 */
const LEAST_SHARE = 1 / 2;
/** Of work, in a part that an encode waits for; and the fewest frames, since a part has costs of its own. */
const PART_SECONDS = 1 / 2;
const LEAST_PART = 25;

export interface DeviceBesideEncode {
  /** Frames a second of one device; undefined where nobody has measured it. */
  fps: number | undefined;
  outputPixels: number;
  /** Of an encode. */
  threads: number;
}

/**
 * Whether encodes follow the upscale of their segments part by part, and how many frames those parts have then;
 * undefined where they begin behind it.
 */
export function followedPart({ fps, outputPixels, threads }: DeviceBesideEncode): number | undefined {
  if (fps === undefined) return undefined;
  // Measured on two cores.
  const encodeSeconds = (outputPixels * ENCODE_SECONDS * 2) / threads;
  return fps * encodeSeconds >= LEAST_SHARE ? Math.max(LEAST_PART, Math.ceil(fps * PART_SECONDS)) : undefined;
}
