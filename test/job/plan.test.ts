import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeRanges, GOP_FRAMES, planSegments } from '../../src/job/plan.js';

const pts = (frames: number, step = 512): Float64Array =>
  Float64Array.from({ length: frames }, (_, i) => 1000 + i * step);
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

  const requests = fc.record(
    {
      outputPixels: fc.integer({ min: 64, max: 7680 * 4320 }),
      bitDepth: fc.constantFrom(8 as const, 10 as const),
      estimatedFps: fc.double({ min: 0.001, max: 10_000, noNaN: true }),
      devices: fc.integer({ min: 1, max: 100 }),
      segmentFrames: fc.integer({ min: 1, max: 30_000 }),
    },
    { requiredKeys: ['outputPixels', 'devices'] },
  );

  it('has every frame in exactly one segment and one encode part, in order, whatever is asked for', () => {
    fc.assert(
      fc.property(requests, fc.integer({ min: 1, max: 3000 }), (request, frames) => {
        const times = pts(frames);
        const { segments, encodePartFrames } = planSegments({ ...request, from: 'source', pts: times });
        const starts = [0];
        for (const { frames: size } of segments) starts.push((starts.at(-1) as number) + size);
        expect(starts.pop()).toBe(frames);
        expect(segments).toEqual(
          segments.map(({ frames: size }, index) => ({
            index,
            startFrame: starts[index],
            frames: size,
            startPts: times[starts[index] as number],
            ...(index + 1 < segments.length && { endPts: times[starts[index + 1] as number] }),
          })),
        );
        const parts = segments.flatMap((segment) => encodeRanges(segment, encodePartFrames));
        expect(parts.map(({ start }) => start)).toEqual([0, ...parts.slice(0, -1).map(({ end }) => end)]);
        expect(parts.at(-1)?.end).toBe(frames);
        expect(parts.every(({ start, end }) => start < end && end - start <= encodePartFrames)).toBe(true);
        if (request.segmentFrames === undefined) expect(segments.length).toBeLessThanOrEqual(500);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same for the same request', () => {
    const request = { ...base, pts: pts(40_000), estimatedFps: 0.24, devices: 4 };
    expect(planSegments(request)).toEqual(planSegments(request));
  });

  it('holds at most 15 minutes of work in a segment', () => {
    const { segments } = planSegments({ ...base, outputPixels: 2880 * 2304, pts: pts(37_271), estimatedFps: 0.5 });
    expect(Math.max(...segments.map(({ frames }) => frames))).toBeLessThanOrEqual(450);
  });

  it('holds at most 2.5 GB of mezzanine in a segment', () => {
    const { segments } = planSegments({ ...base, outputPixels: 2880 * 2304, pts: pts(60_000), estimatedFps: 1000 });
    expect(Math.max(...segments.map(({ frames }) => frames)) * 2.85e6).toBeLessThanOrEqual(2.5e9);
  });

  it('gives each device about eight segments or more', () => {
    const { segments } = planSegments({ ...base, pts: pts(37_271), estimatedFps: 100, devices: 4 });
    expect(segments.length).toBeGreaterThanOrEqual(32);
  });

  it('has at most 500 segments, however long the video is', () => {
    for (const devices of [1, 4, 64]) {
      const { segments } = planSegments({ ...base, pts: pts(900_000), estimatedFps: 0.01, devices });
      expect(segments.length).toBeLessThanOrEqual(500);
      expect(segments.length).toBeGreaterThan(400);
    }
  });

  it('has ever smaller segments for several devices, so that the last to finish is late by little', () => {
    for (const devices of [2, 3, 4, 8, 31]) {
      const sizes = planSegments({
        ...base,
        outputPixels: 2880 * 2304,
        pts: pts(37_271),
        estimatedFps: 2.4,
        devices,
      }).segments.map(({ frames }) => frames);
      const later = sizes.slice(devices);
      expect(later).toEqual(later.toSorted((a, b) => b - a));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(37_271 / devices / 8);
      expect(sizes.at(-1)).toBeLessThanOrEqual(37_271 / devices / 32 + 1);
      expect(sizes.length).toBeLessThanOrEqual(500);
    }
  });

  it.each([
    { speeds: [1, 1], least: 0.98 },
    { speeds: Array.from({ length: 8 }, () => 1), least: 0.97 },
    { speeds: [1, 1, 1, 0.25], least: 0.93 },
    { speeds: [1, 1, 0.5, 0.3, 0.25], least: 0.93 },
  ])('keeps devices of the speeds $speeds busy until the end', ({ speeds, least }) => {
    const frames = 12_000;
    const { segments } = planSegments({ ...base, pts: pts(frames), estimatedFps: 1, devices: speeds.length });
    const freeAt = speeds.map(() => 0);
    for (const segment of segments) {
      const device = freeAt.indexOf(Math.min(...freeAt));
      freeAt[device] = (freeAt[device] as number) + segment.frames / (speeds[device] as number);
    }
    const ideal = frames / speeds.reduce((a, b) => a + b);
    expect(ideal / Math.max(...freeAt)).toBeGreaterThan(least);
  });

  it('lets equal devices be through with their first segments one after the other, not all at once', () => {
    const { segments } = planSegments({ ...base, pts: pts(8000), estimatedFps: 1, devices: 4 });
    const first = segments.slice(0, 4).map(({ frames }) => frames);
    expect(first).toEqual([156, 187, 218, 250]);
  });

  it('gives short clips to few devices rather than a handful of frames to each', () => {
    const { segments } = planSegments({ ...base, pts: pts(132), estimatedFps: 10, devices: 8 });
    expect(segments.map(({ frames }) => frames)).toEqual([25, 25, 25, 25, 25, 7]);
  });

  it('does not cut a short clip below one encode part', () => {
    expect(planSegments({ ...base, pts: pts(132) }).segments).toHaveLength(1);
  });

  const big = { ...base, outputPixels: 2880 * 2304 };
  it.each([
    ['a clip', 250, 20, [25, 50, 100, 50, 25]],
    ['a clip, of a second of work where a device is fast', 250, 60, [60, 130, 60]],
    ['one segment where that is all of it', 250, 200, [250]],
    ['a longer clip', 1500, 20, [25, 50, 100, 200, 250, 250, 250, 200, 100, 50, 25]],
  ])('has short segments at both ends for one device: %s', (_, frames, estimatedFps, sizes) => {
    const { segments } = planSegments({ ...big, pts: pts(frames), estimatedFps });
    expect(segments.map((segment) => segment.frames)).toEqual(sizes);
  });

  it('makes no keyframes for an encode that is far behind a slow device anyway', () => {
    const { segments } = planSegments({ ...big, pts: pts(250), estimatedFps: 0.3 });
    expect(segments).toHaveLength(1);
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
      { start: 100, end: 350 },
      { start: 350, end: 600 },
      { start: 600, end: 720 },
    ]);
  });
});
