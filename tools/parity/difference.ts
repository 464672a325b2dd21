export interface Difference {
  /** Over all samples of 8 bit, in dB; infinite when they are the same. */
  psnr: number;
  /** Largest difference of a sample, in code values. */
  most: number;
  /** Share of the samples that differ at all. */
  share: number;
}

/** @throws RangeError for pictures of different sizes. */
export function difference(a: Uint8Array, b: Uint8Array): Difference {
  if (a.length !== b.length)
    throw new RangeError(`pictures of ${a.length} and ${b.length} samples cannot be compared`);
  let [squares, most, differing] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const distance = Math.abs((a[i] as number) - (b[i] as number));
    squares += distance ** 2;
    most = Math.max(most, distance);
    if (distance > 0) differing++;
  }
  return { psnr: 10 * Math.log10((255 ** 2 * a.length) / squares), most, share: differing / a.length };
}

export const decibels = (psnr: number): string => (Number.isFinite(psnr) ? psnr.toFixed(1) : 'same');
