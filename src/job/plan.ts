import { z } from 'zod';
import { MEZZANINE_BYTES_PER_PIXEL } from './estimates.js';

/**
 * A segment is the unit of fan-out: a half-open range of frames `[startFrame, startFrame + frames)` with the timestamps
 * that bound it, in ticks of the timeline. `endPts` is the first timestamp that belongs to the next segment; the last has none.
 */
export const segmentSchema = z.object({
  index: z.number().int().min(0),
  startFrame: z.number().int().min(0),
  frames: z.number().int().min(1),
  startPts: z.number().int(),
  endPts: z.number().int().optional(),
});
export type Segment = z.infer<typeof segmentSchema>;

export const planSchema = z.object({
  version: z.literal(1),
  /** Where frames are read from: the source by seeking, or its conformed copy by frame number. */
  from: z.enum(['source', 'conformed']),
  frames: z.number().int().min(1),
  /** Frames in one encoded part, a multiple of the GOP length; parts begin at multiples of it, counted from the segment's start. */
  encodePartFrames: z.number().int().min(1),
  segments: z.array(segmentSchema).min(1),
});
export type Plan = z.infer<typeof planSchema>;

/** Keyframe interval of the deliverable. */
export const GOP_FRAMES = 250;
const MAX_SEGMENTS = 500;
/** Pixels written by one encode part: about 20 s of x264 `fast` on two cores. */
const PART_PIXELS = 1.2e9;
const MEZZANINE_BYTES = 10e9;
const SEGMENT_SECONDS = 15 * 60;

export interface PlanRequest {
  /** Timestamps of all frames, strictly increasing. */
  pts: ArrayLike<number>;
  from: Plan['from'];
  /** Size of the output picture in pixels. */
  outputPixels: number;
  /** Frames a second that one device is expected to reach; undefined for a filter. */
  expectedFps?: number;
  /** Devices that may work at the same time. */
  devices: number;
  /** The user's wish, which the other rules do not change. */
  segmentFrames?: number;
}

/** Divides a timeline into segments. Pure: the same request gives the same plan. */
export function planSegments(request: PlanRequest): Plan {
  const frames = request.pts.length;
  if (frames === 0) throw new RangeError('a plan needs at least one frame');
  const encodePartFrames = GOP_FRAMES * clamp(Math.round(PART_PIXELS / (request.outputPixels * GOP_FRAMES)), 1, 4);
  const size = request.segmentFrames ?? segmentSize(request, frames, encodePartFrames);
  const segments: Segment[] = [];
  for (let start = 0; start < frames; start += size) {
    const end = Math.min(start + size, frames);
    segments.push({
      index: segments.length,
      startFrame: start,
      frames: end - start,
      startPts: request.pts[start] as number,
      ...(end < frames && { endPts: request.pts[end] }),
    });
  }
  return { version: 1, from: request.from, frames, encodePartFrames, segments };
}

function segmentSize(request: PlanRequest, frames: number, grid: number): number {
  const byDisk = MEZZANINE_BYTES / (request.outputPixels * MEZZANINE_BYTES_PER_PIXEL);
  const byTime = request.expectedFps === undefined ? Infinity : request.expectedFps * SEGMENT_SECONDS;
  const byShare = frames / request.devices / 8;
  const most = Math.max(1, Math.min(byDisk, byTime));
  // A short clip is not cut below one encode part, which would cost keyframes and save nothing.
  const wanted = Math.max(Math.min(grid, most), Math.min(most, byShare));
  const aligned = wanted >= grid ? Math.floor(wanted / grid) * grid : Math.floor(wanted);
  return Math.max(aligned, Math.ceil(frames / MAX_SEGMENTS));
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** The encode parts of a segment: half-open frame ranges on a grid that begins at the segment's start. */
export function encodeRanges(segment: Pick<Segment, 'startFrame' | 'frames'>, partFrames: number): { start: number; end: number }[] {
  const ranges = [];
  const last = segment.startFrame + segment.frames;
  for (let start = segment.startFrame; start < last; start += partFrames) {
    ranges.push({ start, end: Math.min(last, start + partFrames) });
  }
  return ranges;
}
