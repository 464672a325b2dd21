import type { Config } from '../../../temporal.config.js';
import { formatBytes } from '../../job/diskEstimate.js';
import { storedEstimateSchema } from '../../job/estimateRecords.js';
import { jobLayout } from '../../job/layout.js';
import type { StoredJob } from '../../job/store.js';
import { overlookDamage, readJson } from '../../lib/durable.js';
import { formatDuration } from '../../lib/duration.js';

interface Amounts {
  /** Of work: without pauses and waits. */
  seconds: number;
  /** Of the result. */
  bytes: number;
}

export interface EstimateAndActual {
  expected: Amounts;
  /** Of a job that is done. */
  actual?: Amounts;
}

/** What a job was expected to take before it began, where that could be said. */
export async function readEstimate(
  config: Config,
  { spec, report }: StoredJob,
): Promise<EstimateAndActual | undefined> {
  if (report?.estimate && report.workedSeconds !== undefined)
    return { expected: report.estimate, actual: { seconds: report.workedSeconds, bytes: report.bytes } };
  const stored = report
    ? undefined
    : await readJson(jobLayout(config.roots, spec).estimate, storedEstimateSchema).catch(overlookDamage);
  return stored?.expected && { expected: { seconds: stored.expected.seconds, bytes: stored.expected.bytes } };
}

export function describeEstimate({ expected, actual }: EstimateAndActual): string {
  const said = `${formatDuration(expected.seconds)} of work and ${formatBytes(expected.bytes)}`;
  if (!actual) return said;
  const off = [
    difference(actual.seconds / expected.seconds, ['shorter', 'as long', 'longer']),
    difference(actual.bytes / expected.bytes, ['smaller', 'as large', 'larger']),
  ];
  return `${said}; it took ${formatDuration(actual.seconds)} and ${formatBytes(actual.bytes)} (${off.join(', ')})`;
}

function difference(ratio: number, [less, same, more]: [string, string, string]): string {
  const percent = Math.round(100 * (ratio - 1));
  return percent === 0 ? same : `${Math.abs(percent)} % ${percent > 0 ? more : less}`;
}
