/** Of what is free on the jobs' disk; the rest is for encoded parts, the result, and other jobs. */
const SHARE_OF_FREE = 1 / 2;

export interface BacklogRequest {
  /** Frames in each segment, in order. */
  segments: readonly number[];
  /** Of one upscaled frame as it waits on the disk. */
  frameBytes: number;
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
export function backlogSegments({ segments, frameBytes, free, most, devices }: BacklogRequest): number {
  const largest = Math.max(1, ...segments) * frameBytes;
  return Math.max(devices + 1, Math.min(segments.length, Math.floor(Math.min(most, free * SHARE_OF_FREE) / largest)));
}
