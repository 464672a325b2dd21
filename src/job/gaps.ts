import { removePart, wholeParts } from './parts.js';
import { encodeRanges, type Segment } from './plan.js';

/** Frames over the whole video, half-open. */
export interface Span {
  start: number;
  end: number;
}

export const framesIn = (spans: readonly Span[]): number =>
  spans.reduce((sum, { start, end }) => sum + end - start, 0);

/** What of some ranges is in no part, in order. @param parts in order and without overlap. */
export function gapsIn(ranges: readonly Span[], parts: readonly Span[]): Span[] {
  const gaps: Span[] = [];
  const add = (start: number, end: number): void => {
    const last = gaps.at(-1);
    // What lies behind each other is made in one go.
    if (last?.end === start) last.end = end;
    else gaps.push({ start, end });
  };
  for (const { start, end } of ranges) {
    let next = start;
    for (const part of parts) {
      if (part.end <= next || part.start >= end) continue;
      if (part.start > next) add(next, part.start);
      next = part.end;
    }
    if (next < end) add(next, end);
  }
  return gaps;
}

/**
 * The parts of a segment that are still to be encoded, on the grid of its plan; a part that does not lie on it is of
 * another plan and is removed.
 */
export async function missingRanges(
  folder: string,
  segment: Pick<Segment, 'startFrame' | 'frames'>,
  partFrames: number,
): Promise<Span[]> {
  const ranges = encodeRanges(segment, partFrames);
  const same =
    (a: Span) =>
    (b: Span): boolean =>
      a.start === b.start && a.end === b.end;
  const parts = await wholeParts(folder, segment.startFrame, segment.startFrame + segment.frames);
  for (const part of parts) if (!ranges.some(same(part))) await removePart(folder, part);
  return ranges.filter((range) => !parts.some(same(range)));
}
