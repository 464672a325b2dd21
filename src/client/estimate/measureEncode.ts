import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { BitDepth } from '../../job/pictureSpec.js';
import type { EncodeSpec, Method } from '../../job/spec.js';
import { randomName } from '../../lib/durable.js';
import { timed } from '../../lib/timed.js';
import { encodeFromSource } from '../../media/encode/encode.js';
import type { Size } from '../../media/picture/cropWindow.js';
import type { FrameSource } from '../../media/picture/frameSource.js';

export const encodeSpeedSchema = z.object({
  /** Of a frame, with as many encodes at once as were measured. */
  seconds: z.number().positive(),
  /** How many those were. */
  parallel: z.number().int().positive(),
  /** Of a keyframe, and of any other. */
  keyBytes: z.number().min(0),
  frameBytes: z.number().min(0),
});
export type EncodeSpeed = z.infer<typeof encodeSpeedSchema>;

/** More at once would only tell how many processors there are. */
const MOST_PARALLEL = 4;
/** Of the first look, which says how many frames the second one may take. */
const FIRST = 3;
const BUDGET_SECONDS = 4;

export interface EncodeToMeasure {
  method: Method;
  /** What the enlarged pictures are brought to, if not only enlarged. */
  size: Size | undefined;
  encode: EncodeSpec;
  bitDepth: BitDepth;
  /** Encodes that the job may run at once. */
  parallel: number;
  folder: string;
  signal: AbortSignal | undefined;
}

/**
 * Encodes real frames as the job would. The pictures of a network are not there yet: bicubic ones of the same size
 * stand in for them. Two lengths are encoded, so that the time that a start takes, and the keyframe that each begins
 * with, can be told apart.
 * @param stretches of at least one frame each, at least one.
 */
export async function measureEncode(stretches: FrameSource[], job: EncodeToMeasure): Promise<EncodeSpeed> {
  const parallel = Math.max(1, Math.min(job.parallel, MOST_PARALLEL));
  const jobs = Array.from(
    { length: Math.max(parallel, stretches.length) },
    (_, i) => stretches[i % stretches.length] as FrameSource,
  );
  const shortest = Math.min(...jobs.map(({ pts }) => pts.length));
  const few = Math.min(FIRST, shortest);
  const first = await encodeAll(jobs, few, parallel, job);
  const affordable = Math.floor((BUDGET_SECONDS * few) / first.seconds);
  const many = Math.min(shortest, Math.max(affordable, 2 * FIRST));
  if (many <= few)
    return {
      seconds: first.seconds / (few * jobs.length),
      parallel,
      keyBytes: first.bytes / jobs.length,
      frameBytes: first.bytes / jobs.length,
    };
  const second = await encodeAll(jobs, many, parallel, job);
  const frames = (many - few) * jobs.length;
  // On a machine in use the first may take longer than the second.
  const slope = (second.seconds - first.seconds) / frames;
  const frameBytes = Math.max(0, second.bytes - first.bytes) / frames;
  return {
    seconds: slope > 0 ? slope : second.seconds / (many * jobs.length),
    parallel,
    keyBytes: Math.max(0, first.bytes / jobs.length - (few - 1) * frameBytes),
    frameBytes,
  };
}

/** Bytes of the whole, and its seconds, in as many lanes as may work at once. */
async function encodeAll(
  jobs: FrameSource[],
  frames: number,
  parallel: number,
  job: EncodeToMeasure,
): Promise<{ seconds: number; bytes: number }> {
  const waiting = [...jobs];
  let bytes = 0;
  const lane = async (): Promise<void> => {
    for (let source = waiting.shift(); source; source = waiting.shift()) bytes += await encodeOne(source, frames, job);
  };
  const { seconds } = await timed(() => Promise.all(Array.from({ length: parallel }, lane)));
  return { seconds, bytes };
}

async function encodeOne(
  source: FrameSource,
  frames: number,
  { method, size: resized, encode, bitDepth, folder, signal }: EncodeToMeasure,
): Promise<number> {
  const output = path.join(folder, `${randomName()}.mp4`);
  const filter = method.kind === 'filter' ? method : { name: 'bicubic' as const, scale: method.scale };
  await encodeFromSource({
    source,
    start: 0,
    end: frames,
    method: { ...filter, size: resized },
    encode,
    bitDepth,
    output,
    signal,
  });
  const { size } = await stat(output);
  await rm(output);
  return size;
}
