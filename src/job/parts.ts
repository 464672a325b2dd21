import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { flush, hasCode, publishJson, readJson } from './durable.js';
import { PartDamaged } from './errors.js';
import { precisionSchema, sha256Schema } from './spec.js';

/** A name in the same folder. A record is a file like any other: what it names is opened, moved and removed. */
export const fileNameSchema = z.string().regex(/^(?!\.+$)[\w.-]+$/);

/**
 * A part is the unit of durability: one media file that holds the frames `[start, end)`, counted over the whole video, and
 * the JSON beside it, which is its only commit. What has no JSON does not exist.
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
  const won = await publishJson(path.join(folder, recordName(part.start)), part);
  if (!won) await rm(file, { force: true });
  return won;
}

/**
 * The chain of whole parts from `start` on, each beginning where the one before ends and none reaching beyond `end`. A record whose
 * file is missing or has another size ends the chain and is removed with it, since its range has to be made again.
 */
export async function findParts(folder: string, start: number, end: number): Promise<Part[]> {
  const chain: Part[] = [];
  for (let next = start; next < end; ) {
    const part = await readRecord(folder, next);
    if (!part || part.end > end || part.end <= part.start) break;
    if ((await sizeOf(path.join(folder, part.file))) !== part.bytes) {
      await removePart(folder, part);
      break;
    }
    chain.push(part);
    next = part.end;
  }
  return chain;
}

/** Where the next committed part behind a gap begins, at the latest `end`: only what is missing is made again. */
export async function endOfGap(folder: string, start: number, end: number): Promise<number> {
  const starts = (await readdir(folder)).map((name) => Number(/^(\d{9})\.json$/.exec(name)?.[1] ?? NaN));
  return Math.min(end, ...starts.filter((begins) => begins > start));
}

async function readRecord(folder: string, start: number): Promise<Part | undefined> {
  const file = path.join(folder, recordName(start));
  try {
    return await readJson(file, partSchema);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof z.ZodError)) throw error;
    await rm(file, { force: true });
    return undefined;
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Removes the record first, so that no moment exists in which it names a missing file. */
export async function removePart(folder: string, part: Part): Promise<void> {
  await rm(path.join(folder, recordName(part.start)), { force: true });
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
  if (damaged) throw new PartDamaged(`the part with frames ${damaged.start} to ${damaged.end - 1} was changed on the disk; it is made again`);
}

/** Older files that no record names were left by killed attempts; a younger one may belong to an attempt that is only slow. */
const STRAY_AGE_MS = 10 * 60_000;

/** Removes what killed attempts left behind. */
export async function sweepStrays(folder: string, keep: Part[]): Promise<void> {
  const known = new Set(keep.map((part) => part.file));
  for (const name of await readdir(folder)) {
    if (!/\.(nut|mp4|tmp)$/.test(name) || known.has(name)) continue;
    const file = path.join(folder, name);
    const age = Date.now() - (await stat(file)).mtimeMs;
    if (age > STRAY_AGE_MS) await rm(file, { force: true });
  }
}
