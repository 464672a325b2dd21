import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Config } from '../../temporal.config.js';
import type { Dice } from './dice.js';

export const FLIPS = ['upscaled part', 'encoded part', 'part record', 'record of a job'] as const;
export type FlipKind = (typeof FLIPS)[number];

export interface Flip {
  file: string;
  /** The folder that holds all of the job's files of this kind: named by its upscale key or its job key. */
  key: string;
  at: number;
}

const PART_RECORD = /\/seg-\d+\/\d{9}\.json$/;
const RECORDS = ['scan.json', 'timeline.json', 'plan.json', 'job.json', 'conformed.json'];
const partSchema = z.object({ file: z.string() });

/**
 * Changes one bit of a file, as a disk may do that is about to die.
 * @returns undefined where there is no such file.
 */
export function flipByte(
  { roots }: Config,
  kind: FlipKind,
  dice: Dice,
  mayHit: (key: string) => boolean,
): Flip | undefined {
  const found = candidates(roots.jobs, kind)
    .filter((file) => mayHit(keyOf(roots.jobs, file)))
    .sort();
  const file = dice.pick(found);
  const [place, bit] = [dice.throw(), dice.below(8)];
  if (file === undefined) return undefined;
  try {
    const { size } = statSync(file);
    if (size === 0) return undefined;
    const at = Math.floor(place * size);
    const handle = openSync(file, 'r+');
    try {
      const byte = Buffer.alloc(1);
      readSync(handle, byte, 0, 1, at);
      byte.writeUInt8(byte.readUInt8() ^ (1 << bit));
      writeSync(handle, byte, 0, 1, at);
    } finally {
      closeSync(handle);
    }
    return { file, key: keyOf(roots.jobs, file), at };
  } catch {
    // It went while it was looked at.
    return undefined;
  }
}

const keyOf = (jobs: string, file: string): string => path.relative(jobs, file).split(path.sep)[1] ?? '';

function candidates(jobs: string, kind: FlipKind): string[] {
  const below = ['upscaled', 'jobs'].flatMap((folder) => namesBelow(path.join(jobs, folder)));
  const parts = below.filter((file) => PART_RECORD.test(file));
  switch (kind) {
    case 'part record':
      return parts;
    case 'record of a job':
      return below.filter((file) => RECORDS.includes(path.basename(file)));
    default:
      return parts.filter((file) => file.includes('/encoded-') === (kind === 'encoded part')).flatMap(mediaOf);
  }
}

/** Only what is committed: a file without a record does not exist. */
function mediaOf(record: string): string[] {
  try {
    const file = path.join(path.dirname(record), partSchema.parse(JSON.parse(readFileSync(record, 'utf8'))).file);
    return existsSync(file) ? [file] : [];
  } catch {
    return [];
  }
}

function namesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}
