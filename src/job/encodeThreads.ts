import { encodePart } from './plan.js';
import { LEAST_FRAMES } from './segmentSizes.js';

/** Of one encode, where as many encodes are at work as fill the cores. */
const LEAST_THREADS = 2;
/** More of them hardly make an encode faster. */
const MOST_THREADS = 16;
/** x264 looks for motion within the rows that one thread is ahead of the next: fewer would cost bits. */
const ROWS_PER_THREAD = 128;

export interface EncodesToCome {
  /** Of one machine that encodes. */
  cores: number;
  /** Of the result. */
  size: { width: number; height: number };
  /** Frames of the whole video; 0 where they are not known. */
  frames: number;
  /** Devices that upscale at the same time; undefined for a filter, whose segments need none. */
  devices: number | undefined;
}

/**
 * Threads of one encode. Devices finish one segment after the other, so about one encode a device is at work: it gets
 * that device's share of the cores. A clip has few segments for all of its devices; with more threads for each, the
 * last ones do not wait for a turn of their own. A filter's segments can all be encoded at once.
 */
export function encodeThreads({ cores, size, frames, devices }: EncodesToCome): number {
  const wanted =
    devices === undefined
      ? cores / Math.ceil((frames || Infinity) / encodePart(size.width * size.height))
      : Math.max(cores / devices, (2 * cores * LEAST_FRAMES) / (frames || Infinity));
  const most = Math.min(MOST_THREADS, Math.floor(size.height / ROWS_PER_THREAD));
  return Math.max(LEAST_THREADS, Math.min(cores, most, Math.floor(wanted)));
}

/**
 * Encodes of a job at the same time on one machine: as many as fill its cores, and one that begins while another
 * ends. @param slots that its worker has, by its memory too.
 */
export const encodeLanes = (cores: number, threads: number, slots: number): number =>
  Math.min(slots, Math.ceil(cores / threads) + 1);
