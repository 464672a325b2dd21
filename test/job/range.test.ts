import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipInfo, clipOf, framesWithin, originOf } from '../../src/job/range.js';
import type { SourceInfo } from '../../src/job/source.js';
import { decodeTimeline, encodeTimeline } from '../../src/job/timeline.js';
import { UserError } from '../../src/lib/errors.js';

const milliseconds = { num: 1, den: 1000 };
/** 30000/1001 frames a second in a container of milliseconds, from 1.4 s on. */
const pts = Array.from({ length: 300 }, (_, i) => 1400 + Math.round((i * 1001) / 30));
const within = (range: { from?: number; to?: number }) =>
  framesWithin(range, { pts, timebase: milliseconds, origin: 1.4 });

describe('the frames of a part', () => {
  it('are those that are first shown from its beginning on and before its end', () => {
    expect(within({ from: 1, to: 2 })).toEqual({ start: 30, end: 60 });
    expect(within({ from: 1.002, to: 1.04 })).toEqual({ start: 31, end: 32 });
    expect(within({ to: 0.001 })).toEqual({ start: 0, end: 1 });
    expect(within({ from: 9.976 })).toEqual({ start: 299, end: 300 });
  });

  it('leave none out and take none twice where one part follows another, whatever the time is rounded to', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 9.97, noNaN: true }), (time) => {
        const [before, after] = [within({ to: time }), within({ from: time })];
        expect([before.start, before.end, after.end]).toEqual([0, after.start, 300]);
      }),
      { numRuns: 100 },
    );
  });

  it('are those whose times lie in it, to half a millisecond', () => {
    const seconds = fc.double({ min: 0, max: 11, noNaN: true });
    fc.assert(
      fc.property(seconds, seconds, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const shown = (frame: number): number => ((pts[frame] as number) - 1400) / 1000;
        const certain = pts.map((_, i) => i).filter((i) => shown(i) >= from && shown(i) < to - 0.001);
        try {
          const { start, end } = within({ from, to });
          expect(start < end && start >= 0 && end <= 300).toBe(true);
          expect(pts.every((_, i) => i < start || i >= end || (shown(i) > from - 0.001 && shown(i) < to))).toBe(true);
          expect(certain.every((frame) => frame >= start && frame < end)).toBe(true);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(certain).toEqual([]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('are refused in one line where there are none', () => {
    expect(() => within({ from: 1.005, to: 1.02 })).toThrow(
      'no frame begins from 1.005 s to before 1.02 s: choose another part with --from and --to',
    );
    expect(() => within({ from: 20 })).toThrow('no frame begins from 20 s on');
  });

  it('are counted from where the file begins, sound before zero left out', () => {
    expect(originOf({ startSeconds: 1.4 })).toBe(1.4);
    expect(originOf({ startSeconds: -0.021 })).toBe(0);
    expect(originOf({})).toBe(0);
  });
});

describe('a part of a timeline', () => {
  const close = (value: number): unknown => expect.closeTo(value, 9);
  const whole = encodeTimeline(pts, milliseconds, 33);

  it('has the times of its frames, and everything else is cut at the first one and behind the last one', () => {
    const { timeline, around, cut } = clipOf(whole, { from: 1, to: 2 }, 1.4);
    expect([...decodeTimeline(timeline)]).toEqual(pts.slice(30, 60));
    expect(timeline.lastDuration).toBe((pts[60] as number) - (pts[59] as number));
    expect(around).toEqual({ firstPts: 1400, nextPts: pts[60] });
    expect(cut).toEqual({ from: close(2.401), to: close(3.402) });
  });

  it('is not cut at an end that was not asked for', () => {
    expect(clipOf(whole, { from: 1 }, 1.4)).toMatchObject({
      around: { nextPts: undefined },
      timeline: { lastDuration: 33 },
      cut: { from: close(2.401) },
    });
    expect(clipOf(whole, { to: 2 }, 1.4).cut).toEqual({ to: close(3.402) });
    // Sound may be longer than the pictures.
    expect(clipOf(whole, { to: 11 }, 1.4).cut).toEqual({ to: close(12.4) });
  });
});

it('a part is as long as was asked for, and holds its share of the frames', () => {
  const info = { durationSeconds: 100, video: { promisedFrames: 2500 } } as SourceInfo;
  expect(clipInfo(info, { from: 10, to: 30 })).toMatchObject({ durationSeconds: 20, video: { promisedFrames: 500 } });
  expect(clipInfo(info, { from: 90 })).toMatchObject({ durationSeconds: 10, video: { promisedFrames: 250 } });
  expect(clipInfo(info, undefined)).toBe(info);
});
