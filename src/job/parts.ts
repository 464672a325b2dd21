import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { flush, namesIn, publishJson, readJson, takeAway } from '../lib/durable.js';
import { PartDamaged, RecordDamaged } from '../lib/errors.js';
import { sizeOf } from '../lib/files.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import { precisionSchema, sha256Schema } from './spec.js';

/** A name in the same folder. A record is a file like any other: what it names is opened, moved and removed. */
export const fileNameSchema = z.string().regex(/^(?!\.+$)[\w.-]+$/);

/**
 * A part is the unit of durability: one media file that holds the frames `[start, end)`, counted over the whole video,
 * and the JSON beside it, which is its only commit. What has no JSON does not exist.
 */
export const partSchema = z.object({
  start: z.number().int().min(0),
  end: z.number().int().min(1),
  /** Of the media file. */
  file: fileNameSchema,
  bytes: z.number().int().min(1),
  sha256: sha256Schema,
  /** Provenance: digest of the model, versions of the tools. */
  model: sha256Schema.optional(),
  /** What the model computed in: fp32 also where fp16 was asked for and failed. */
  precision: precisionSchema.optional(),
  tools: z.record(z.string(), z.string()),
});
export type Part = z.infer<typeof partSchema>;

const recordName = (start: number): string => `${String(start).padStart(9, '0')}.json`;

export async function fileDigest(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, { signal });
  return hash.digest('hex');
}

/**
 * Flushes a finished file and publishes its record.
 * @returns false when another attempt has committed these frames already; the file is removed then.
 */
export async function commitPart(folder: string, part: Part): Promise<boolean> {
  const file = path.join(folder, part.file);
  await flush(file);
  const record = path.join(folder, recordName(part.start));
  while (!(await publishJson(record, part))) {
    if (await wholePart(folder, part.start)) {
      await rm(file, { force: true });
      return false;
    }
  }
  return true;
}

/**
 * All whole parts within `[start, end)`, in order and each behind the one before; between them may be gaps. A record
 * that is of no use there is taken away.
 */
export async function wholeParts(folder: string, start: number, end: number): Promise<Part[]> {
  const parts: Part[] = [];
  let next = start;
  for (const begins of (await startsIn(folder)).filter((at) => at >= start && at < end)) {
    const part = await wholePart(folder, begins);
    if (!part) continue;
    // Of another plan: nothing could be committed here as long as it stood in the way.
    if (part.start < next || part.end > end) {
      await removePart(folder, part);
      continue;
    }
    parts.push(part);
    next = part.end;
  }
  return parts;
}

/**
 * The chain of whole parts from `start` on, each beginning where the one before ends and none reaching beyond `end`.
 */
export async function findParts(folder: string, start: number, end: number): Promise<Part[]> {
  const parts = await wholeParts(folder, start, end);
  const gap = parts.findIndex((part, i) => part.start !== (parts[i - 1]?.end ?? start));
  return gap === -1 ? parts : parts.slice(0, gap);
}

/** First frames of all records in a folder, in order. */
async function startsIn(folder: string): Promise<number[]> {
  return (await namesIn(folder))
    .flatMap((name) => /^(\d{9})\.json$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * The part that begins at a frame. A record that cannot be read, or whose file is missing or has another size, is
 * taken away: its range has to be made again.
 */
async function wholePart(folder: string, start: number): Promise<Part | undefined> {
  const part = await readRecord(folder, start);
  if (!part) return undefined;
  if (part.end > part.start && (await sizeOf(path.join(folder, part.file))) === part.bytes) return part;
  await removePart(folder, part);
  return undefined;
}

async function readRecord(folder: string, start: number): Promise<Part | undefined> {
  const file = path.join(folder, recordName(start));
  try {
    return await readJson(
      file,
      partSchema.refine((part) => part.start === start, 'its name says another frame'),
    );
  } catch (error) {
    if (!(error instanceof RecordDamaged)) throw error;
    await takeAway(file, (text) => text === error.text);
    return undefined;
  }
}

/**
 * Removes the record first, so that no moment exists in which it names a missing file. One that another attempt made
 * since stays.
 */
export async function removePart(folder: string, part: Part): Promise<void> {
  // Files have random names: who names this one is this record.
  await takeAway(path.join(folder, recordName(part.start)), (text) => text.includes(JSON.stringify(part.file)));
  await rm(path.join(folder, part.file), { force: true });
}

/** Reads every part again. @throws PartDamaged after removing the ones whose bytes differ from their record. */
export async function verifyParts(folder: string, parts: Part[], signal?: AbortSignal): Promise<void> {
  let damaged: Part | undefined;
  for (const part of parts) {
    if ((await fileDigest(path.join(folder, part.file), signal)) === part.sha256) continue;
    await removePart(folder, part);
    damaged ??= part;
  }
  if (damaged)
    throw new PartDamaged(
      `the part with frames ${damaged.start} to ${damaged.end - 1} was changed on the disk; it is made again`,
    );
}

/**
 * Makes something of parts and reads them again afterwards: a change that came while they were read is found too,
 * which a look before would have missed. Who calls throws away what was made.
 * @param check throws PartDamaged, which counts more than what the damage made `read` throw.
 */
export async function readChecked<T>(
  read: () => Promise<T>,
  check: () => Promise<void>,
  signal?: AbortSignal,
): Promise<T> {
  let result: T;
  try {
    result = await read();
  } catch (error) {
    if (!signal?.aborted) await check();
    throw error;
  }
  await check();
  return result;
}

/**
 * Older files that no record names were left by killed attempts; a younger one may belong to an attempt that is only
 * slow.
 */
const STRAY_AGE_MS = 10 * 60_000;

/** Removes what killed attempts left behind: files that no record names, wherever in the segment its frames are. */
export async function sweepStrays(folder: string): Promise<void> {
  // Before the records are read: what is committed meanwhile is not looked at.
  const names = (await readdir(folder)).filter((name) => /\.(nut|mp4|tmp|ffconcat)$/.test(name));
  const parts = await Promise.all((await startsIn(folder)).map((start) => readRecord(folder, start)));
  const known = new Set(parts.map((part) => part?.file));
  for (const name of names.filter((file) => !known.has(file))) {
    const file = path.join(folder, name);
    const found = await stat(file).catch(ignoreMissing);
    if (found && Date.now() - found.mtimeMs > STRAY_AGE_MS) await rm(file, { force: true });
  }
}
