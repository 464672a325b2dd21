import { describe, expect, it } from 'vitest';
import { decodeTimeline, encodeTimeline } from '../../src/job/timeline.js';

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
});
