import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { imresize, rounded } from '../../bench/support/quality/imresize.js';
import { bicubic, mean, psnr, readPicture, readSet } from '../../bench/support/quality/protocol.js';
import { publishedBicubic } from '../../bench/support/quality/published.js';
import { hasSharedMedia, sharedFile } from '../support/media.js';

const row = (...data: number[]) => ({ data: Float32Array.from(data), width: data.length, height: 1, channels: 1 });

it('a step is enlarged and made smaller by the weights of the kernel', () => {
  // Keys' kernel with A = -0.5 at 0.25, 0.75, 1.25 and 1.75: 111/128, 29/128, -9/128, -3/128.
  expect([...imresize(row(0, 0, 0, 128, 128, 128), 2).data.subarray(2, 10)]).toEqual([
    0, -3, -9, 26, 102, 137, 131, 128,
  ]);
  // Antialiased: the same weights, halved, of twice as many samples.
  expect([...imresize(row(0, 0, 0, 0, 128, 128, 128, 128), 1 / 2).data]).toEqual([-1.5, 8.5, 119.5, 129.5]);
});

it('what is flat stays flat, up to the border', () => {
  const flat = { data: new Uint8Array(3 * 7 * 5).fill(77), width: 7, height: 5, channels: 3 };
  for (const scale of [1 / 3, 1 / 2, 2, 3]) {
    const result = rounded(imresize(flat, scale));
    expect([result.width, result.height]).toEqual([Math.ceil(7 * scale), Math.ceil(5 * scale)]);
    expect(new Set(result.data)).toEqual(new Set([77]));
  }
});

it.skipIf(!hasSharedMedia).each([2, 3, 4])(
  'bicubic x%i of Set5 has the decibels that papers give it',
  async (scale) => {
    const pairs = await readSet(sharedFile('sets/Set5'), scale);
    const measured = mean(pairs.map((pair) => psnr(pair.large, bicubic(pair, scale), scale)));
    expect(Math.abs(measured - publishedBicubic(`Set5 x${scale}`))).toBeLessThan(0.05);
    // MATLAB's own small pictures.
    const folder = sharedFile(`sets/Set5/LR_bicubic/X${scale}`);
    for (const [i, file] of readdirSync(folder).sort().entries()) {
      const theirs = await readPicture(path.join(folder, file));
      const ours = pairs[i]?.small.data as Uint8Array;
      expect(theirs.data).toHaveLength(ours.length);
      expect(theirs.data.every((value, k) => Math.abs(value - (ours[k] as number)) <= 2)).toBe(true);
    }
  },
);
