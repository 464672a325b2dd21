import type { Batch } from '../src/dashboard/schemas/batches.js';
import type { Job } from '../src/dashboard/schemas/jobs.js';

/** 95 -> 1 min 35 s, 754 -> 12 min, 7265 -> 2 h 1 min */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes >= 10) return `${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3));
  const scaled = value / 1000 ** unit;
  return `${scaled >= 100 || unit === 0 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit] ?? ''}`;
}

export const fps = (value: number): string => (value < 10 ? value.toFixed(2) : String(Math.round(value)));
export const count = (value: number): string => value.toLocaleString('en').replaceAll(',', '\u2009');

export function when(iso: string): string {
  const date = new Date(iso);
  const today = new Date().toDateString() === date.toDateString();
  return date.toLocaleString(
    undefined,
    today
      ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
      : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  );
}

export const clock = (iso: string): string =>
  new Date(iso).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });

/** Seconds of a video: 62.48 -> 1:02.48 */
export function timecode(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(2).padStart(5, '0')}`;
}

const STAGES: Record<string, string> = {
  probe: 'reading the source',
  conform: 'straightening the source',
  plan: 'planning',
  upscale: 'upscaling',
  encode: 'encoding',
  concat: 'joining',
  merge: 'adding sound',
  verify: 'checking',
  publish: 'publishing',
};

/** What a job is at, in a word or two. */
export function stageOf(job: Job): string {
  if (job.status === 'running') return job.stage ? (STAGES[job.stage] ?? job.stage) : 'starting';
  if (job.status === 'done')
    return job.accepted ? 'done, checks not passed' : job.damaged ? 'done, source damaged' : 'done';
  return job.status;
}

/** bicubic x2 -> bicubic ×2 */
export const methodOf = ({ method }: Job): string => method.replace(/ x(\d+)$/, ' ×$1');

/** Percent, with a digit more while it is small. */
export const share = (percent: number): string =>
  `${percent < 10 && percent > 0 ? percent.toFixed(1) : Math.floor(percent)} %`;

export const times = (number: number): string => (number === 1 ? 'once' : `${count(number)} times`);

const ROUNDS: Record<Batch['status'], string> = {
  new: 'not begun',
  running: 'at work',
  paused: 'paused',
  interrupted: 'interrupted',
  done: 'done',
  unfinished: 'until the next round',
  cancelled: 'cancelled',
};

/** What a batch is at, in a word or two. */
export const stageOfBatch = ({ status, stage }: Batch): string =>
  status === 'running' && stage === 'looking' ? 'looking for videos' : ROUNDS[status];
