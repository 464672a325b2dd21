import { describe, expect, it } from 'vitest';
import { backlogSegments } from '../../src/job/backlog.js';

/** A UT Video frame of 2880x2304, in bytes. */
const FRAME = 0.43 * 2880 * 2304;
const request = {
  segments: [250, 250, 250, 250, 200],
  outputPixels: 2880 * 2304,
  bitDepth: 8 as const,
  free: 100e9,
  most: 25e9,
  devices: 1,
};

describe('upscaled segments on the disk', () => {
  it('may be all of a short job where there is room', () => {
    expect(backlogSegments(request)).toBe(5);
  });

  it('take what they may at most, counted by the largest', () => {
    const segments = Array.from({ length: 100 }, () => 250);
    expect(backlogSegments({ ...request, segments })).toBe(Math.floor(25e9 / (250 * FRAME)));
    expect(backlogSegments({ ...request, segments: [...segments, 500] })).toBe(Math.floor(25e9 / (500 * FRAME)));
  });

  it('take half of what is free', () => {
    const segments = Array.from({ length: 100 }, () => 250);
    expect(backlogSegments({ ...request, segments, free: 10e9 })).toBe(Math.floor(5e9 / (250 * FRAME)));
  });

  it('are one more than devices however little is free, so that no device waits between two', () => {
    expect(backlogSegments({ ...request, free: 0 })).toBe(2);
    expect(backlogSegments({ ...request, most: 0, devices: 8 })).toBe(9);
  });
});
