import { MEZZANINE_BYTES_PER_PIXEL } from './diskEstimate.js';
import type { BitDepth } from './pictureSpec.js';

/** Of what is free on the jobs' disk; the rest is for encoded parts, the result, and other jobs. */
const SHARE_OF_FREE = 1 / 2;

export interface BacklogRequest {
  /** Frames in each segment, in order. */
  segments: readonly number[];
  /** Size of the output picture in pixels. */
  outputPixels: number;
  /** Of a sample in the output. */
  bitDepth: BitDepth;
  /** On the jobs' disk, in bytes. */
  free: number;
  /** Bytes that upscaled frames may take, whatever is free. */
  most: number;
  /** Devices that may upscale at the same time. */
  devices: number;
}

/**
 * Segments that may be in the making by a device, or wait for their encode, at the same time. Bytes are what bounds
 * them: a device that is faster than the encodes for a while does not wait for them, and the disk does not fill. Less
 * than one for each device and one more would let devices stand idle between two segments.
 */
export function backlogSegments(request: BacklogRequest): number {
  const { segments, outputPixels, bitDepth, free, most, devices } = request;
  const largest = Math.max(1, ...segments) * outputPixels * MEZZANINE_BYTES_PER_PIXEL[bitDepth];
  return Math.max(devices + 1, Math.min(segments.length, Math.floor(Math.min(most, free * SHARE_OF_FREE) / largest)));
}
