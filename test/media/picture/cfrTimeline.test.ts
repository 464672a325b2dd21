import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTimeline, encodeTimeline } from '../../../src/job/timeline.js';
import {
  cfrTimeline,
  constantRate,
  deliveredTimeline,
  MAX_TIMESCALE,
} from '../../../src/media/picture/cfrTimeline.js';

const RATES = [
  [24, 1],
  [24_000, 1001],
  [25, 1],
  [30_000, 1001],
  [50, 1],
  [60_000, 1001],
] as const;
const rates = fc.constantFrom(...RATES).map(([num, den]) => ({ num, den }));
/** Ticks a second of containers that round: Matroska, MPEG, and clocks of few ticks a frame. */
const clocks = fc.constantFrom(1000, 90_000, 600, 120);
const frames = fc.integer({ min: 3, max: 400 });

describe('the times of a constant rate that a container has rounded', () => {
  it('are the grid again: equal steps, each time within a tick, and the first one exact', () => {
    fc.assert(
      fc.property(rates, clocks, frames, fc.nat({ max: 10_000 }), fc.boolean(), (rate, clock, count, first, cut) => {
        const round = cut ? Math.floor : Math.round;
        const pts = Array.from({ length: count }, (_, i) => first + round((i * clock * rate.den) / rate.num));
        const source = encodeTimeline(pts, { num: 1, den: clock }, Math.round((clock * rate.den) / rate.num));
        const grid = cfrTimeline(source, rate);
        if (source.steps.length < 2) expect(grid).toBe(source);
        else {
          expect(grid.steps).toHaveLength(1);
          expect((grid.steps[0]?.[0] ?? 0) / grid.timebase.den).toBeCloseTo(rate.den / rate.num, 12);
          expect(grid.firstPts / grid.timebase.den).toBeCloseTo(first / clock, 5);
          const times = decodeTimeline(grid);
          expect(times).toHaveLength(count);
          const apart = pts.map((at, i) => Math.abs((times[i] as number) / grid.timebase.den - at / clock));
          expect(Math.max(...apart)).toBeLessThanOrEqual(1.01 / clock);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('stay as they are where a frame and those behind it come two milliseconds late, or more', () => {
    fc.assert(
      fc.property(rates, frames, fc.nat(), fc.integer({ min: 2, max: 100 }), (rate, count, at, late) => {
        const from = 1 + (at % (count - 1));
        const pts = Array.from(
          { length: count },
          (_, i) => Math.round((i * 1000 * rate.den) / rate.num) + (i < from ? 0 : late),
        );
        const source = encodeTimeline(pts, { num: 1, den: 1000 }, 40);
        expect(cfrTimeline(source, rate)).toBe(source);
      }),
      { numRuns: 200 },
    );
  });
});

it('what is delivered has as many frames as the source, in order, each within a microsecond of its time', () => {
  const steps = fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(
      steps,
      fc.constantFrom(1000, 90_000, 1_000_000, 10_000_000, 705_600_000),
      rates,
      (lengths, den, rate) => {
        // Frames that follow each other within a microsecond are moved apart.
        const least = Math.ceil(den / MAX_TIMESCALE);
        const pts = lengths.reduce((all, step) => [...all, (all.at(-1) as number) + least + step], [0]);
        const source = encodeTimeline(pts, { num: 1, den }, least);
        fc.pre(cfrTimeline(source, rate) === source);
        const delivered = deliveredTimeline(source, rate);
        expect(delivered.timebase.den).toBeLessThanOrEqual(MAX_TIMESCALE);
        const times = [...decodeTimeline(delivered)];
        expect(times).toHaveLength(pts.length);
        const seconds = times.map((at) => (at * delivered.timebase.num) / delivered.timebase.den);
        const late = seconds.map((at, i) => Math.abs(at - (pts[i] as number) / den));
        expect(Math.max(...late)).toBeLessThanOrEqual(0.51e-6);
      },
    ),
    { numRuns: 200 },
  );
});

it('a constant rate is told by its steps, in lowest terms, and a variable one is none', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), frames, fc.nat({ max: 500 }), (step, count, odd) => {
      const pts = Array.from({ length: count }, (_, i) => 77 + i * step);
      const timebase = { num: 1, den: 90_000 };
      const rate = constantRate({ pts, timebase });
      expect((rate?.num ?? 0) / (rate?.den ?? 1)).toBeCloseTo(90_000 / step, 9);
      expect(constantRate({ pts, timebase: { num: 2, den: 180_000 } })).toEqual(rate);
      const moved = pts.map((at, i) => (i > 0 && i >= 1 + (odd % (count - 1)) ? at + 1 : at));
      const equal = new Set(moved.slice(1).map((at, i) => at - (moved[i] as number))).size === 1;
      expect(constantRate({ pts: moved, timebase }) !== undefined).toBe(equal);
    }),
    { numRuns: 200 },
  );
});
