import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeLanes, encodeThreads } from '../../src/job/encodeThreads.js';

const size = { width: 2880, height: 2304 };
const film = 37_271;

describe('the threads of an encode', () => {
  it.each([
    ['all cores behind one device', { cores: 16, devices: 1, frames: film }, 16],
    ['its share behind each of several', { cores: 16, devices: 4, frames: film }, 4],
    ['two where devices are many', { cores: 16, devices: 8, frames: film }, 2],
    ['more where a clip has few segments for many devices', { cores: 16, devices: 8, frames: 200 }, 4],
    ['two on a small machine', { cores: 2, devices: 1, frames: film }, 2],
    ['two on one core', { cores: 1, devices: 1, frames: film }, 2],
    ['few for the many segments of a film through a filter', { cores: 16, devices: undefined, frames: film }, 2],
    ['all cores for the one segment of a clip through a filter', { cores: 16, devices: undefined, frames: 200 }, 16],
    ['as many as ever where nobody knows how long it is', { cores: 16, devices: undefined, frames: 0 }, 2],
  ])('are %s', (_, encodes, threads) => {
    expect(encodeThreads({ size, ...encodes })).toBe(threads);
  });

  it('are few where a picture has few rows for each', () => {
    const threads = (height: number) =>
      encodeThreads({ cores: 64, devices: 1, frames: film, size: { width: 1920, height } });
    expect([4320, 1080, 576, 96].map(threads)).toEqual([16, 8, 4, 2]);
  });

  it('fill the cores together with the lanes, and take no more slots than a worker has', () => {
    const machine = fc.record({
      cores: fc.integer({ min: 1, max: 256 }),
      devices: fc.option(fc.integer({ min: 1, max: 64 }), { nil: undefined }),
      frames: fc.integer({ min: 0, max: 1e6 }),
      slots: fc.integer({ min: 1, max: 64 }),
    });
    fc.assert(
      fc.property(machine, ({ slots, ...encodes }) => {
        const threads = encodeThreads({ size, ...encodes });
        const lanes = encodeLanes(encodes.cores, threads, slots);
        expect(lanes).toBeGreaterThanOrEqual(1);
        expect(lanes).toBeLessThanOrEqual(slots);
        if (lanes < slots) expect(lanes * threads).toBeGreaterThanOrEqual(encodes.cores);
        expect((lanes - 2) * threads).toBeLessThan(encodes.cores);
      }),
    );
  });
});
