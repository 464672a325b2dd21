import { describe, expect, it } from 'vitest';
import { encodeRanges, GOP_FRAMES, planSegments } from '../../src/job/plan.js';

const pts = (frames: number, step = 512): Float64Array => Float64Array.from({ length: frames }, (_, i) => 1000 + i * step);
const base = { from: 'source' as const, outputPixels: 1440 * 1152, devices: 1 };

describe('a plan', () => {
  it('covers every frame once, with timestamps that join', () => {
    const times = pts(5003);
    const { segments, frames } = planSegments({ ...base, pts: times, segmentFrames: 37 });
    expect(frames).toBe(5003);
    let next = 0;
    for (const segment of segments) {
      expect(segment.startFrame).toBe(next);
      expect(segment.startPts).toBe(times[next]);
      next += segment.frames;
      expect(segment.endPts).toBe(times[next]);
    }
    expect(next).toBe(5003);
    expect(segments.at(-1)?.endPts).toBeUndefined();
  });

  it('is the same for the same request', () => {
    const request = { ...base, pts: pts(40_000), expectedFps: 0.24, devices: 4 };
    expect(planSegments(request)).toEqual(planSegments(request));
  });

  it('holds at most 15 minutes of work in a segment', () => {
    const { segments } = planSegments({ ...base, outputPixels: 2880 * 2304, pts: pts(37_271), expectedFps: 0.5 });
    expect(Math.max(...segments.map(({ frames }) => frames))).toBeLessThanOrEqual(450);
  });

  it('holds at most 10 GB of mezzanine in a segment', () => {
    const { segments } = planSegments({ ...base, outputPixels: 2880 * 2304, pts: pts(60_000), expectedFps: 1000 });
    expect(Math.max(...segments.map(({ frames }) => frames)) * 2.85e6).toBeLessThanOrEqual(10e9);
  });

  it('gives each device about eight segments or more', () => {
    const { segments } = planSegments({ ...base, pts: pts(37_271), expectedFps: 100, devices: 4 });
    expect(segments.length).toBeGreaterThanOrEqual(32);
  });

  it('has at most 500 segments, however long the video is', () => {
    const { segments } = planSegments({ ...base, pts: pts(900_000), expectedFps: 0.01 });
    expect(segments.length).toBeLessThanOrEqual(500);
  });

  it('does not cut a short clip below one encode part', () => {
    expect(planSegments({ ...base, pts: pts(132) }).segments).toHaveLength(1);
  });

  it('encodes in whole GOPs', () => {
    for (const outputPixels of [320 * 240, 1440 * 1152, 2880 * 2304, 7680 * 4320]) {
      const { encodePartFrames } = planSegments({ ...base, outputPixels, pts: pts(10) });
      expect(encodePartFrames % GOP_FRAMES).toBe(0);
      expect(encodePartFrames).toBeGreaterThan(0);
    }
  });

  it('refuses an empty timeline', () => {
    expect(() => planSegments({ ...base, pts: [] })).toThrow('at least one frame');
  });
});

describe('the encode parts of a segment', () => {
  it('lie on a grid from its start and end with it', () => {
    expect(encodeRanges({ startFrame: 100, frames: 620 }, 250)).toEqual([
      { start: 100, end: 350 }, { start: 350, end: 600 }, { start: 600, end: 720 },
    ]);
  });
});
