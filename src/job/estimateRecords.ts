import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { readRemakable } from '../lib/durable.js';
import type { JobSpec } from './spec.js';
import { readLines } from './workLog.js';

/** What is said of a job before it begins. Stored beside it as estimate.json. */
export const storedEstimateSchema = z.object({
  /**
   * Jobs with the same key take the same time for each source pixel: same method, encoder, kind of device and host.
   */
  key: z.string(),
  /** Source pixels of a frame. */
  pixels: z.number().int().positive(),
  /** What it should take; absent where nothing was known. */
  expected: z
    .object({
      /** `measured`: by a calibration on this clip; `jobs`: by the speed of earlier jobs. */
      basis: z.enum(['measured', 'jobs']),
      /** Of work, on the submitting host: without pauses and waits. */
      seconds: z.number().positive(),
      /** Of the result. */
      bytes: z.number().positive(),
      /** Before they were corrected by what earlier jobs took. */
      raw: z.object({ seconds: z.number().positive(), bytes: z.number().positive() }),
    })
    .optional(),
});
export type StoredEstimate = z.infer<typeof storedEstimateSchema>;
/** An estimate is for people: one that cannot be read is as good as none. */
export const readEstimate = (file: string): Promise<StoredEstimate | undefined> =>
  readRemakable(file, storedEstimateSchema);
export type WorkEstimate = NonNullable<StoredEstimate['expected']>;

/** What a finished job was expected to take, and took: a line of the history. */
const outcomeSchema = z.object({
  at: z.string(),
  job: z.string(),
  key: z.string(),
  frames: z.number().int().positive(),
  pixels: z.number().int().positive(),
  seconds: z.number().positive(),
  bytes: z.number().positive(),
  /** Of a job that was estimated by a calibration: before correction. */
  raw: z.object({ seconds: z.number().positive(), bytes: z.number().positive() }).optional(),
});
export type Outcome = z.infer<typeof outcomeSchema>;

const historyFile = (jobsRoot: string): string => path.join(jobsRoot, 'outcomes.jsonl');

export const noteOutcome = (jobsRoot: string, outcome: Outcome): Promise<void> =>
  appendFile(historyFile(jobsRoot), `${JSON.stringify(outcome)}\n`);

/** Older jobs say less about the machine as it is now. */
const LATEST = 5;

/** The latest finished jobs with a key. */
export async function outcomesOf(jobsRoot: string, key: string): Promise<Outcome[]> {
  return (await readLines(historyFile(jobsRoot), outcomeSchema))
    .filter((outcome) => outcome.key === key)
    .slice(-LATEST);
}

/** Source pixels a second that jobs were worked on with: the middle one; undefined where there are none. */
export const speedOf = (outcomes: readonly Outcome[]): number | undefined =>
  median(outcomes.map(({ frames, pixels, seconds }) => (frames * pixels) / seconds));

/** Hosts may share a jobs folder. */
export function hostKey(): string {
  const processors = os.cpus();
  return createHash('sha256')
    .update(`${os.hostname()} ${processors[0]?.model} ${processors.length}`)
    .digest('hex')
    .slice(0, 8);
}

/** Names the jobs that take the same time for each source pixel. */
export function estimateKey({
  method,
  encode,
  picture: { bitDepth },
  tags,
}: Pick<JobSpec, 'method' | 'encode' | 'picture' | 'tags'>): string {
  const how =
    method.kind === 'filter'
      ? { name: method.name }
      : {
          digest: method.digest,
          precision: method.precision,
          ...(method.provider && { provider: method.provider }),
          tile: method.tile,
          tilePad: method.tilePad,
        };
  const what = {
    ...how,
    scale: method.scale,
    codec: encode.codec,
    hardware: encode.hardware,
    preset: encode.preset,
    tune: encode.tune,
    ...(bitDepth !== 8 && { bitDepth }),
  };
  return createHash('sha256')
    .update(JSON.stringify([what, method.kind === 'model' ? tags : [], hostKey()]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * By how much earlier jobs took longer, and became larger, than their calibrations said: the middle one of the latest.
 * One job may be an exception: the fewer there are, the less they count.
 */
export function correctionOf(outcomes: readonly Outcome[]): { seconds: number; bytes: number } {
  const ratios = outcomes.flatMap(({ raw, seconds, bytes }) =>
    raw ? [{ seconds: seconds / raw.seconds, bytes: bytes / raw.bytes }] : [],
  );
  const trust = ratios.length / (ratios.length + 1);
  const of = (name: 'seconds' | 'bytes'): number =>
    Math.min(MOST, Math.max(1 / MOST, median(ratios.map((ratio) => ratio[name])) ?? 1)) ** trust;
  return { seconds: of('seconds'), bytes: of('bytes') };
}
/** A job that was this far off had another reason, such as a machine in use by others. */
const MOST = 5;

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
