/** What a measure said of each frame, in their order. PSNR is Infinity where pictures are equal. */
export interface Series {
  measure: 'psnr' | 'ssim' | 'vmaf';
  /** Of PSNR: y, u, v or r, g, b, and `average` over all samples. Others are over all planes (SSIM) or luma (VMAF). */
  plane?: string;
  values: number[];
}

export interface Summary {
  /** PSNR of the mean square error over all frames; of other measures the mean. */
  total: number;
  /** Over the frames that differ, where there are any. */
  mean: number;
  least: number;
  /** The values that 1, 5, 50 and 95 % of the frames do not exceed. */
  percentiles: { p1: number; p5: number; p50: number; p95: number };
}

/** @param values at least one. */
export function summarise({ measure, values }: Series): Summary {
  const finite = values.filter(Number.isFinite);
  const sorted = Float64Array.from(values).sort();
  const mean = finite.length === 0 ? Infinity : meanOf(finite);
  // Nearest rank.
  const percentile = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  return {
    total: measure === 'psnr' ? totalPsnr(values) : mean,
    mean,
    least: sorted[0] as number,
    percentiles: { p1: percentile(0.01), p5: percentile(0.05), p50: percentile(0.5), p95: percentile(0.95) },
  };
}

const meanOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Errors are averaged, not decibels; the peak cancels out. */
const totalPsnr = (values: number[]): number => -10 * Math.log10(meanOf(values.map((value) => 10 ** (-value / 10))));

/** Numbers of the frames with the least values, the worst first. */
export function worstFrames({ values }: Series, count: number): number[] {
  return [...values.keys()].sort((a, b) => compare(values[a] as number, values[b] as number) || a - b).slice(0, count);
}

/** Infinity minus itself is no number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);
