import { ENCODE_SECONDS } from './segmentSizes.js';

/** The signal by which an upscale says that its segment's first part is durable. */
export const BEGUN_SIGNAL = 'segmentBegun';

/**
 * Of the time in which a segment is upscaled, what its encode takes at least where it follows: an encode that waits
 * for a slow device would hold a place on its host, and be no sooner done.
 */
const LEAST_SHARE = 1 / 4;
/** Of work, in a part that an encode waits for; and the fewest frames, since a part has costs of its own. */
const PART_SECONDS = 1 / 2;
const LEAST_PART = 25;

/** About what a frame's encode takes, in seconds. @param threads of the encode. */
export const encodeSecondsOf = (outputPixels: number, threads: number): number =>
  // Measured on two cores.
  (outputPixels * ENCODE_SECONDS * 2) / threads;

/**
 * Whether encodes follow the upscale of their segments part by part, and how many frames those parts have then;
 * undefined where they begin behind it.
 * @param fps of one device; undefined where nobody has measured it.
 * @param encodeSeconds of a frame.
 */
export const followedPart = (fps: number | undefined, encodeSeconds: number): number | undefined =>
  fps !== undefined && fps * encodeSeconds >= LEAST_SHARE
    ? Math.max(LEAST_PART, Math.ceil(fps * PART_SECONDS))
    : undefined;
