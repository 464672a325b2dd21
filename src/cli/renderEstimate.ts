import path from 'node:path';
import type { JobEstimate } from '../client/estimate/jobEstimate.js';
import { formatBytes } from '../job/estimates.js';
import { formatDuration } from '../lib/duration.js';

/** An estimate as lines for a terminal. */
export function renderEstimate(estimate: JobEstimate, costPerHour: number | undefined): string {
  const { source, frames, segments, width, height, bytes, disk, method, notes, elsewhere } = estimate;
  return [
    `input     ${path.basename(estimate.input)}, ${source.width}x${source.height}, ${formatDuration(source.seconds)}`,
    `output    ${path.basename(estimate.output)}, ${width}x${height}, about ${formatBytes(bytes)}, with ${method}`,
    `frames    ${frames} in ${segments === 1 ? 'one segment' : `${segments} segments`}`,
    `disk      about ${formatBytes(disk.jobs)} for the job at its peak, and ${formatBytes(disk.output)} for the output`,
    ...notes.map((note) => `note      ${note}`),
    ...table(estimate, costPerHour),
    ...(elsewhere.length > 0 ? [otherFigures(estimate)] : []),
  ].join('\n');
}

function table({ here, elsewhere }: JobEstimate, costPerHour: number | undefined): string[] {
  const priced = costPerHour !== undefined;
  const rows = [
    ...(here ? [{ ...here, device: `this machine (${here.device})`, why: basis(here) }] : []),
    ...elsewhere.map((other) => ({ ...other, why: 'others say' })),
  ];
  if (rows.length === 0) return [];
  const head = ['', 'fps', 'time', ...(priced ? [`at ${costPerHour}/h`] : []), ''];
  const lines = [head, ...rows.map(({ device, fps, seconds, cost, why }) => [device, digits(fps), formatDuration(seconds), ...(priced ? [(cost ?? 0).toFixed(2)] : []), why])];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return ['', ...lines.map((cells) => cells.map((cell, i) => (i === 0 || i === cells.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ').trimEnd())];
}

function basis({ basis, jobs }: NonNullable<JobEstimate['here']>): string {
  const earlier = jobs === 1 ? 'the last job' : `the last ${jobs} jobs`;
  if (basis === 'jobs') return `as fast as ${earlier}`;
  return `measured on this clip${jobs > 0 ? `, corrected by ${earlier}` : ''}`;
}

/** Three digits. */
const digits = (value: number): string => (value >= 100 ? String(Math.round(value)) : value.toPrecision(3));

function otherFigures({ work = 1 }: JobEstimate): string {
  const network = Math.abs(work - 1) < 0.01 ? '' : `, and by this network's work, ${digits(work)} of x4plus's`;
  return `\nThe other devices' speeds are figures of others for realesrgan-x4plus at 720x576, not ours: here by the size of the pictures${network}.`;
}
