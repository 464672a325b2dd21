import type { Span } from '../../job/gaps.js';
import { type Part, wholeParts } from '../../job/parts.js';
import type { Segment } from '../../job/plan.js';
import { idle } from '../../lib/idle.js';

const LOOK_MS = 200;

/** No new part has come for so long that the upscale cannot be at work any more. */
export class Unfinished extends Error {}

export interface Followed {
  /** Of the segment's upscaled parts. */
  folder: string;
  segment: Segment;
  /** What is needed of it. */
  range: Span;
  /** Milliseconds without a new part. */
  patience: number;
  signal: AbortSignal;
}

/** The parts of a range in order, each as soon as it is durable. @throws Unfinished */
export async function* partsAsTheyCome({ folder, segment, range, patience, signal }: Followed): AsyncGenerator<Part> {
  const { startFrame, frames } = segment;
  for (let next = range.start; next < range.end; ) {
    const part = await nextPart();
    yield part;
    next = part.end;

    async function nextPart(): Promise<Part> {
      for (const until = performance.now() + patience; performance.now() < until; await idle(LOOK_MS, signal)) {
        signal.throwIfAborted();
        const parts = await wholeParts(folder, startFrame, startFrame + frames);
        const found = parts.find(({ start, end }) => start <= next && end > next);
        if (found) return found;
      }
      throw new Unfinished();
    }
  }
}
