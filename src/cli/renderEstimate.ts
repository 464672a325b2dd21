import path from 'node:path';
import type { JobEstimate } from '../client/estimate/jobEstimate.js';
import { formatBytes } from '../job/diskEstimate.js';
import { formatDuration } from '../lib/duration.js';
import { columns } from './columns.js';

/** An estimate as lines for a terminal. */
export function renderEstimate(estimate: JobEstimate, costPerHour: number | undefined): string {
  const { source, frames, segments, width, height, bytes, disk, method, notes } = estimate;
  return [
    `input     ${path.basename(estimate.input)}, ${source.width}x${source.height}, ${formatDuration(source.seconds)}`,
    `output    ${path.basename(estimate.output)}, ${width}x${height}, about ${formatBytes(bytes)}, with ${method}`,
    `frames    ${frames} in ${segments === 1 ? 'one segment' : `${segments} segments`}`,
    `disk      about ${formatBytes(disk.jobs)} for the job at its peak, ` +
      `and ${formatBytes(disk.output)} for the output`,
    ...notes.map((note) => `note      ${note}`),
    ...table(estimate, costPerHour),
  ].join('\n');
}

function table({ here }: JobEstimate, costPerHour: number | undefined): string[] {
  if (!here) return [];
  const priced = costPerHour !== undefined;
  const head = ['', 'fps', 'time', ...(priced ? [`at ${costPerHour}/h`] : []), ''];
  const row = [
    `this machine (${here.device})`,
    digits(here.fps),
    formatDuration(here.seconds),
    ...(priced ? [(here.cost ?? 0).toFixed(2)] : []),
    basis(here),
  ];
  return ['', ...columns([head, row], [...head.keys()].slice(1, -1))];
}

function basis({ basis, jobs }: NonNullable<JobEstimate['here']>): string {
  const earlier = jobs === 1 ? 'the last job' : `the last ${jobs} jobs`;
  if (basis === 'jobs') return `as fast as ${earlier}`;
  return `measured on this clip${jobs > 0 ? `, corrected by ${earlier}` : ''}`;
}

/** Three digits. */
const digits = (value: number): string => (value >= 100 ? String(Math.round(value)) : value.toPrecision(3));
