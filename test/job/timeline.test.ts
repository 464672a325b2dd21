import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countFrames,
  decodeTimeline,
  doubleTimeline,
  encodeTimeline,
  timelineSchema,
} from '../../src/job/timeline.js';

const timebase = { num: 1, den: 90_000 };

describe('a timeline', () => {
  it('keeps every timestamp of a variable rate', () => {
    const pts = [-1800, 0, 3003, 6006, 9009, 9010, 40_000];
    expect([...decodeTimeline(encodeTimeline(pts, timebase, 3003))]).toEqual(pts);
  });

  it('holds a constant rate in one entry', () => {
    const pts = Array.from({ length: 100_000 }, (_, i) => i * 3600);
    expect(encodeTimeline(pts, timebase, 3600).steps).toEqual([[3600, 99_999]]);
  });

  it('has one frame when nothing follows the first', () => {
    expect([...decodeTimeline(encodeTimeline([77], timebase, 1))]).toEqual([77]);
  });

  it('refuses timestamps that do not increase, and names the frame', () => {
    expect(() => encodeTimeline([0, 10, 10], timebase, 10)).toThrow('frame 2 is 0 ticks');
  });

  /** Few different steps, so that some are runs. */
  const times = fc
    .tuple(
      fc.integer({ min: -1e6, max: 1e6 }),
      fc.array(fc.oneof(fc.constantFrom(1, 3003), fc.integer({ min: 1, max: 1e6 }))),
    )
    .map(([first, steps]) => steps.reduce((pts, step) => [...pts, (pts.at(-1) as number) + step], [first]));

  it('gives back what was put in, also after it was written and read', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 1e6 }), (pts, lastDuration) => {
        const timeline = encodeTimeline(pts, timebase, lastDuration);
        expect(timelineSchema.parse(JSON.parse(JSON.stringify(timeline)))).toEqual(timeline);
        expect([...decodeTimeline(timeline)]).toEqual(pts);
        expect(countFrames(timeline)).toBe(pts.length);
        for (const [i, [step]] of timeline.steps.entries()) expect(step).not.toBe(timeline.steps[i - 1]?.[0]);
      }),
      { numRuns: 200 },
    );
  });

  it('of twice as many frames has every frame at its old time, and one half-way to the next', () => {
    fc.assert(
      fc.property(times, fc.integer({ min: 1, max: 1e6 }), (pts, lastDuration) => {
        const doubled = doubleTimeline(encodeTimeline(pts, timebase, lastDuration));
        const ticks = decodeTimeline(doubled);
        const behind = [...pts, (pts.at(-1) as number) + lastDuration];
        expect(doubled.timebase).toEqual({ num: 1, den: 180_000 });
        expect([...ticks]).toEqual(pts.flatMap((at, i) => [2 * at, at + (behind[i + 1] as number)]));
        expect((ticks.at(-1) as number) + doubled.lastDuration).toBe(2 * (behind.at(-1) as number));
      }),
      { numRuns: 200 },
    );
  });
});
