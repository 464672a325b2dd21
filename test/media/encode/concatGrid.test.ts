import { describe, expect, it } from 'vitest';
import { decodeTimeline, encodeTimeline } from '../../../src/job/timeline.js';
import { cfrTimeline, deliveredTimeline } from '../../../src/media/picture/cfrTimeline.js';

const film = { num: 24000, den: 1001 };
const times = (count: number, at: (i: number) => number): number[] => Array.from({ length: count }, (_, i) => at(i));

describe('gridTimeline', () => {
  it('finds the exact rate behind milliseconds, rounded or cut', () => {
    for (const round of [Math.round, Math.floor]) {
      const rounded = encodeTimeline(
        times(5000, (i) => round((i * 1001 * 1000) / 24000)),
        { num: 1, den: 1000 },
        42,
      );
      expect(cfrTimeline(rounded, film)).toEqual({
        timebase: { num: 1, den: 24000 },
        firstPts: 0,
        steps: [[1001, 4999]],
        lastDuration: 1001,
      });
    }
  });

  it('keeps a first timestamp exactly', () => {
    const late = encodeTimeline(
      times(100, (i) => 1483 + Math.round((i * 1000) / 24)),
      { num: 1, den: 1000 },
      42,
    );
    const grid = cfrTimeline(late, { num: 24, den: 1 });
    expect(grid.firstPts / grid.timebase.den).toBe(1.483);
    expect(decodeTimeline(grid)[99]).toBe(grid.firstPts + (99 * grid.timebase.den) / 24);
  });

  it('finds 24000/1001 in 1/90000 s, where a frame is 3753.75 ticks', () => {
    const ts = encodeTimeline(
      times(400, (i) => 126000 + Math.round(i * 3753.75)),
      { num: 1, den: 90000 },
      3754,
    );
    const grid = cfrTimeline(ts, film);
    expect(grid.steps).toHaveLength(1);
    expect((grid.steps[0]?.[0] ?? 0) / grid.timebase.den).toBeCloseTo(1001 / 24000, 12);
    expect(grid.firstPts / grid.timebase.den).toBe(1.4);
  });

  it('leaves exact constant rates and variable rates alone', () => {
    const exact = encodeTimeline(
      times(50, (i) => i * 512),
      { num: 1, den: 12800 },
      512,
    );
    expect(cfrTimeline(exact, { num: 25, den: 1 })).toBe(exact);
    const variable = encodeTimeline([0, 42, 83, 125, 180, 208], { num: 1, den: 1000 }, 42);
    expect(cfrTimeline(variable, { num: 24, den: 1 })).toBe(variable);
  });

  it('leaves a dropped frame alone where the clock ticks once or twice a frame, or not quite', () => {
    for (const [ticks, rate] of [
      [25, 25],
      [50, 25],
      [30, 25],
      [1, 1],
      [24, 24],
    ] as const) {
      for (const round of [Math.round, Math.floor]) {
        const dropped = encodeTimeline(
          times(100, (i) => round(((i + Number(i >= 50)) * ticks) / rate)),
          { num: 1, den: ticks },
          Math.round(ticks / rate),
        );
        expect(cfrTimeline(dropped, { num: rate, den: 1 })).toBe(dropped);
      }
    }
  });

  it('keeps a last frame that is shown for two ticks where a frame is little more than one', () => {
    const held = encodeTimeline(
      times(100, (i) => Math.round((i * 30) / 25)),
      { num: 1, den: 30 },
      2,
    );
    expect(cfrTimeline(held, { num: 25, den: 1 })).toMatchObject({
      timebase: { num: 1, den: 25 },
      steps: [[1, 99]],
      lastDuration: 2,
    });
  });

  it('keeps the length of a last frame that is held', () => {
    const held = encodeTimeline([0, 42, 83, 125], { num: 1, den: 1000 }, 1000);
    const grid = cfrTimeline(held, { num: 24, den: 1 });
    expect(grid.lastDuration / grid.timebase.den).toBe(1);
  });
});

describe('deliveredTimeline', () => {
  it('rounds a timebase of 100 ns to microseconds without drift', () => {
    const fine = encodeTimeline(
      times(1000, (i) => i * 333_334 + (i % 3) * 50_000),
      { num: 1, den: 10_000_000 },
      333_334,
    );
    const delivered = deliveredTimeline(fine, { num: 30, den: 1 });
    expect(delivered.timebase).toEqual({ num: 1, den: 1_000_000 });
    const [from, to] = [decodeTimeline(fine), decodeTimeline(delivered)];
    for (const [i, value] of to.entries())
      expect(Math.abs(value / 1e6 - (from[i] as number) / 1e7)).toBeLessThanOrEqual(0.51e-6);
  });
});
