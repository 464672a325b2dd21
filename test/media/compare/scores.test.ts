import { expect, it } from 'vitest';
import { summarise, worstFrames } from '../../../src/media/compare/scores.js';

it('the PSNR of a video is that of its mean error, which its worst frames decide', () => {
  const { total, mean, least } = summarise({ measure: 'psnr', plane: 'y', values: [20, 40] });
  // Mean square errors of 0.01 and 0.0001 of the peak's square.
  expect(total).toBeCloseTo(-10 * Math.log10(0.00505), 10);
  expect([mean, least]).toEqual([30, 20]);
  expect(summarise({ measure: 'ssim', values: [0.5, 1] }).total).toBe(0.75);
});

it('equal frames count in the total and in the percentiles, not in the mean', () => {
  const { total, mean, percentiles } = summarise({ measure: 'psnr', values: [Infinity, 30, Infinity, Infinity] });
  expect(total).toBeCloseTo(30 + 10 * Math.log10(4), 10);
  expect(mean).toBe(30);
  expect(percentiles).toEqual({ p1: 30, p5: 30, p50: Infinity, p95: Infinity });
  expect(summarise({ measure: 'psnr', values: [Infinity, Infinity] })).toMatchObject({
    total: Infinity,
    mean: Infinity,
    least: Infinity,
  });
});

it('percentiles are values of frames', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);
  expect(summarise({ measure: 'vmaf', values }).percentiles).toEqual({ p1: 2, p5: 10, p50: 100, p95: 190 });
});

it('the worst frames come first, and of equal ones the earlier', () => {
  expect(worstFrames({ measure: 'psnr', values: [Infinity, 30, 20, 30, Infinity] }, 4)).toEqual([2, 1, 3, 0]);
});
