import { z } from 'zod';
import { type SizeRequest, segmentSizes } from './segmentSizes.js';

/**
 * A segment is the unit of fan-out: a half-open range of frames `[startFrame, startFrame + frames)` with the
 * timestamps that bound it, in ticks of the timeline. `endPts` is the first timestamp that belongs to the next
 * segment; the last has none.
 */
const segmentSchema = z.object({
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
  /**
   * Frames in one encoded part, a multiple of the GOP length; parts begin at multiples of it, counted from the
   * segment's start.
   */
  encodePartFrames: z.number().int().min(1),
  segments: z.array(segmentSchema).min(1),
});
export type Plan = z.infer<typeof planSchema>;

/** Keyframe interval of the deliverable. */
export const GOP_FRAMES = 250;
/** Pixels written by one encode part: about 20 s of x264 `fast` on two cores. */
const PART_PIXELS = 1.2e9;

/** Frames in one encoded part, a multiple of the GOP. */
export const encodePart = (outputPixels: number): number =>
  GOP_FRAMES * clamp(Math.round(PART_PIXELS / (outputPixels * GOP_FRAMES)), 1, 4);

export interface PlanRequest extends SizeRequest {
  /** Timestamps of all frames, strictly increasing. */
  pts: ArrayLike<number>;
  from: Plan['from'];
}

/** Divides a timeline into segments. Pure: the same request gives the same plan. */
export function planSegments(request: PlanRequest): Plan {
  const frames = request.pts.length;
  if (frames === 0) throw new RangeError('a plan needs at least one frame');
  const encodePartFrames = encodePart(request.outputPixels);
  const segments: Segment[] = [];
  let start = 0;
  for (const size of segmentSizes(request, frames, { gop: GOP_FRAMES, part: encodePartFrames })) {
    const end = start + size;
    segments.push({
      index: segments.length,
      startFrame: start,
      frames: size,
      startPts: request.pts[start] as number,
      ...(end < frames && { endPts: request.pts[end] }),
    });
    start = end;
  }
  return { version: 1, from: request.from, frames, encodePartFrames, segments };
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** The encode parts of a segment: half-open frame ranges on a grid that begins at the segment's start. */
export function encodeRanges(
  segment: Pick<Segment, 'startFrame' | 'frames'>,
  partFrames: number,
): { start: number; end: number }[] {
  const ranges = [];
  const last = segment.startFrame + segment.frames;
  for (let start = segment.startFrame; start < last; start += partFrames) {
    ranges.push({ start, end: Math.min(last, start + partFrames) });
  }
  return ranges;
}
