import { isDeepStrictEqual } from 'node:util';
import { formatTime } from '../client/job/timeText.js';
import type { Comparison } from '../media/compare/compare.js';
import { type Series, type Summary, summarise, worstFrames } from '../media/compare/scores.js';
import { columns } from './columns.js';

/** Frames that are named as the worst. */
const WORST = 5;
const DIGITS = { psnr: 2, ssim: 4, vmaf: 2 } as const;

/** Over all planes: what frames are ranked by, and told equal by. */
const overall = ({ series }: Comparison): Series => series.find(({ plane }) => plane === 'average') as Series;
const nameOf = ({ measure, plane }: Series): string =>
  `${measure.toUpperCase()}${plane === undefined ? '' : ` ${plane}`}`;
const format = ({ measure }: Series, value: number): string =>
  Number.isFinite(value) ? value.toFixed(DIGITS[measure]) : 'inf';

/** For people: one line for each measure, then the worst frames. */
export function scoreTable(comparison: Comparison): string {
  const { series, times } = comparison;
  const { values } = overall(comparison);
  const equal = values.filter((value) => value === Infinity).length;
  const frames =
    `${values.length} frame${values.length === 1 ? '' : 's'} compared` +
    `${equal === 0 ? '' : `, ${equal === values.length ? 'all' : equal} of them equal`}`;
  const measures = [
    ['', 'total', 'mean', 'least', '1 %', '5 %', '50 %', '95 %'],
    ...series.map((one) => {
      const {
        total,
        mean,
        least,
        percentiles: { p1, p5, p50, p95 },
      } = summarise(one);
      return [nameOf(one), ...[total, mean, least, p1, p5, p50, p95].map((value) => format(one, value))];
    }),
  ];
  const shown = series.filter(({ plane }) => plane === undefined || plane === 'average');
  const worst = [
    ['frame', 'time', ...shown.map(nameOf)],
    ...worstFrames(overall(comparison), WORST).map((frame) => [
      String(frame),
      formatTime(times[frame] as number),
      ...shown.map((one) => format(one, one.values[frame] as number)),
    ]),
  ];
  return [
    frames,
    '',
    ...aligned(measures),
    ...(equal === values.length ? [] : ['', 'worst frames', ...aligned(worst)]),
  ].join('\n');
}

/** Names to the left, numbers to the right. */
const aligned = (rows: string[][]): string[] => columns(rows, [...(rows[0] ?? []).keys()].slice(1));

/** For programs. PSNR is null where pictures are equal, since JSON has no infinity. */
export function scoreJson({ a: fileA, b: fileB }: { a: string; b: string }, comparison: Comparison): object {
  const { a, b, frames, times, series, notes } = comparison;
  const { values } = overall(comparison);
  const identicalFrames = values.filter((value) => value === Infinity).length;
  const pictures = ({ video: { width, height, pixelFormat } }: Comparison['a'], count: number) => ({
    width,
    height,
    pixelFormat,
    frames: count,
  });
  const [picturesA, picturesB] = [pictures(a, frames.a), pictures(b, frames.b)];
  return {
    a: { file: fileA, ...picturesA },
    b: { file: fileB, ...picturesB },
    frames: values.length,
    identical: identicalFrames === values.length && isDeepStrictEqual(picturesA, picturesB),
    identicalFrames,
    notes,
    scores: byMeasure(series, (one) => withoutInfinity(summarise(one))),
    worst: worstFrames(overall(comparison), WORST).map((frame) => ({ frame, time: times[frame] })),
    perFrame: { time: times, ...byMeasure(series, ({ values }) => values.map(finiteOrNull)) },
  };
}

/** `{ psnr: { y, u, v, average }, ssim, vmaf }`; VMAF is null where this ffmpeg has none. */
function byMeasure<T>(
  series: readonly Series[],
  value: (one: Series) => T,
): { psnr: Record<string, T>; ssim: T | null; vmaf: T | null } {
  const only = (measure: Series['measure']): T | null => {
    const found = series.find((one) => one.measure === measure);
    return found ? value(found) : null;
  };
  const planes = series.flatMap((one) => (one.plane === undefined ? [] : [[one.plane, value(one)] as const]));
  return { psnr: Object.fromEntries(planes), ssim: only('ssim'), vmaf: only('vmaf') };
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

const withoutInfinity = ({ total, mean, least, percentiles: { p1, p5, p50, p95 } }: Summary) => ({
  total: finiteOrNull(total),
  mean: finiteOrNull(mean),
  least: finiteOrNull(least),
  p1: finiteOrNull(p1),
  p5: finiteOrNull(p5),
  p50: finiteOrNull(p50),
  p95: finiteOrNull(p95),
});
