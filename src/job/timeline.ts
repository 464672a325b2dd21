import { z } from 'zod';
import { rationalSchema } from '../lib/rational.js';

/**
 * The presentation timestamps of every frame of a video, in order and strictly increasing.
 * Stored as runs of equal steps, `[step in ticks, times]`, so that a constant-rate film of any length is one
 * entry, and a variable-rate one stays small; `lastDuration` is how long the last frame is shown, in ticks.
 */
export const timelineSchema = z.object({
  timebase: rationalSchema,
  firstPts: z.number().int(),
  steps: z.array(z.tuple([z.number().int().positive(), z.number().int().positive()])),
  lastDuration: z.number().int().positive(),
});
export type Timeline = z.infer<typeof timelineSchema>;

/** @param pts strictly increasing ticks. */
export function encodeTimeline(
  pts: ArrayLike<number>,
  timebase: Timeline['timebase'],
  lastDuration: number,
): Timeline {
  const steps: [number, number][] = [];
  for (let i = 1; i < pts.length; i++) {
    const step = (pts[i] as number) - (pts[i - 1] as number);
    if (step <= 0)
      throw new RangeError(`timestamps must increase, but frame ${i} is ${step} ticks after the one before`);
    const last = steps.at(-1);
    if (last?.[0] === step) last[1]++;
    else steps.push([step, 1]);
  }
  return { timebase, firstPts: pts[0] ?? 0, steps, lastDuration };
}

export const countFrames = ({ steps }: Timeline): number => 1 + steps.reduce((sum, [, times]) => sum + times, 0);

export function decodeTimeline(timeline: Timeline): Float64Array {
  const pts = new Float64Array(countFrames(timeline));
  pts[0] = timeline.firstPts;
  let i = 1;
  for (const [step, times] of timeline.steps) {
    for (let k = 0; k < times; k++, i++) pts[i] = (pts[i - 1] as number) + step;
  }
  return pts;
}

/** The timeline of twice as many frames: one more half-way between each frame and the next. */
export function doubleTimeline(timeline: Timeline): Timeline {
  const pts = decodeTimeline(timeline);
  const end = (pts.at(-1) as number) + timeline.lastDuration;
  const doubled = Float64Array.from({ length: 2 * pts.length }, (_, i) => {
    const at = pts[i >> 1] as number;
    return i % 2 === 0 ? 2 * at : at + (pts[(i >> 1) + 1] ?? end);
  });
  return encodeTimeline(
    doubled,
    { num: timeline.timebase.num, den: 2 * timeline.timebase.den },
    timeline.lastDuration,
  );
}
