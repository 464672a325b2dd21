import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Runs } from '../../../src/media/verify/runs.js';

const runsOf = (frames: readonly number[], most?: number): Runs => {
  const runs = new Runs(most);
  for (const frame of frames) runs.add(frame);
  return runs;
};
const frames = fc.uniqueArray(fc.nat({ max: 60 }), { maxLength: 50 }).map((numbers) => numbers.sort((a, b) => a - b));

describe('runs of frames', () => {
  it('are named, and counted behind the fifth', () => {
    expect(String(runsOf([30, 31, 32, 51]))).toBe('frames 30 to 32, frame 51');
    expect(String(runsOf([0, 2, 4, 6, 8, 10, 11]))).toBe('frame 0, frame 2, frame 4, frame 6, frame 8 and 1 more run');
    expect(String(runsOf([]))).toBe('');
  });

  it('hold every frame once where all are kept, and no two of them belong together', () => {
    fc.assert(
      fc.property(frames, (numbers) => {
        const { kept, frames: count } = runsOf(numbers, Infinity);
        expect(count).toBe(numbers.length);
        expect(kept.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i))).toEqual(
          numbers,
        );
        expect(kept.slice(1).every(([first], i) => first > (kept[i]?.[1] ?? first) + 1)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('are the first ones where not all are kept, with the number of the others', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 6 }), (numbers, most) => {
        const [all, some] = [runsOf(numbers, Infinity), runsOf(numbers, most)];
        expect(some.kept).toEqual(all.kept.slice(0, most));
        expect(some.frames).toBe(numbers.length);
        const more = Number(/ and (\d+) more runs?$/.exec(String(some))?.[1] ?? 0);
        expect(more).toBe(Math.max(0, all.kept.length - most));
      }),
      { numRuns: 200 },
    );
  });
});
