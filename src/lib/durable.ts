import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { z } from 'zod';
import { RecordDamaged } from './errors.js';
import { hasCode, ignoreMissing } from './systemErrors.js';

/** Flushes a file's bytes, or a folder's names, to the disk. */
export async function flush(file: string): Promise<void> {
  const handle = await open(file, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const randomName = (): string => randomBytes(8).toString('hex');

async function writeFlushed(file: string, text: string, mode?: number): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Publishes a JSON under a name that nothing has yet. The commit of parts, plans and claims: it happens whole or not
 * at all, survives a power cut, and the first writer wins. The folder must exist: a late writer cannot revive a
 * removed job.
 * @returns false when the name was taken; nothing is changed then.
 */
export async function publishJson(file: string, value: unknown, mode?: number): Promise<boolean> {
  const temporary = path.join(path.dirname(file), `.${randomName()}.tmp`);
  try {
    await writeFlushed(temporary, asJson(value), mode);
    await link(temporary, file);
    await flush(path.dirname(file));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Writes a JSON whole, replacing what was there. For records with one writer, such as a job's state. */
export const replaceJson = (file: string, value: unknown, mode?: number): Promise<void> =>
  replaceText(file, asJson(value), mode);

/** An object ends with a checksum of all before it: a digit that was flipped on the disk is valid JSON too. */
function asJson(value: unknown): string {
  const text = JSON.stringify(value);
  return /^\{.+\}$/s.test(text) ? `${text.slice(0, -1)},"crc":"${checksum(text)}"}\n` : `${text}\n`;
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** @throws SyntaxError where the checksum does not fit. Records of earlier releases have none. */
function parseChecked(text: string): unknown {
  const [seal, expected] = /,"crc":"([0-9a-f]{8})"\}\n$/.exec(text) ?? [];
  if (seal === undefined) return JSON.parse(text);
  const plain = `${text.slice(0, -seal.length)}}`;
  if (checksum(plain) !== expected) throw new SyntaxError('its checksum does not fit');
  return JSON.parse(plain);
}

/** Writes a text whole, replacing what was there. @param mode who may read it, as for `open`. */
export async function replaceText(file: string, text: string, mode?: number): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${randomName()}.tmp`);
  try {
    await writeFlushed(temporary, text, mode);
    await rename(temporary, file);
    await flush(path.dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Reads and parses a JSON; undefined when there is none. @throws RecordDamaged when it is no JSON, was changed, or
 * does not fit the schema.
 */
export async function readJson<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T> | undefined> {
  const text = await readFile(file, 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = parseChecked(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RecordDamaged(file, text, 'its bytes were changed');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new RecordDamaged(file, text, `${issue?.path.join('.') || 'it'} does not fit: ${issue?.message ?? ''}`);
}

/** For a record that its reader makes again: a damaged one is put aside, and counts as none. */
export const readRemakable = <T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T> | undefined> =>
  readJson(file, schema).catch(putAside);

/**
 * To catch what a damaged record throws, where it is made again: it gets the ending `.damaged`. @throws any other
 * error again.
 */
export async function putAside(error: unknown): Promise<undefined> {
  if (!(error instanceof RecordDamaged)) throw error;
  await takeAway(error.file, (text) => text === error.text, `${error.file}.damaged`);
}

/**
 * To catch the same for whoever only looks: what is damaged counts as none, and stays. @throws any other error again.
 */
export function overlookDamage(error: unknown): undefined {
  if (!(error instanceof RecordDamaged)) throw error;
}

/**
 * Takes a record away, unless another has taken its place meanwhile: of two that find the same one bad, the slower
 * must not take the good one that the faster has made since.
 * @param isMeant told the text of what was found. @param keepAs where it goes; it is removed otherwise.
 */
export async function takeAway(file: string, isMeant: (text: string) => boolean, keepAs?: string): Promise<void> {
  const aside = path.join(path.dirname(file), `.${randomName()}.tmp`);
  try {
    await rename(file, aside);
  } catch (error) {
    return ignoreMissing(error);
  }
  if (!isMeant(await readFile(aside, 'utf8'))) {
    await link(aside, file).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  } else if (keepAs !== undefined) {
    await rename(aside, keepAs);
  }
  await rm(aside, { force: true });
  await flush(path.dirname(file));
}

/** Where a record that nothing else could tell again is kept a second time. */
const copyOf = (file: string): string => `${file}.copy`;

/** As `publishJson`, with a copy for `readKept`. */
export async function publishKept(file: string, value: unknown): Promise<boolean> {
  const won = await publishJson(file, value);
  if (won) await replaceJson(copyOf(file), value);
  return won;
}

/** As `replaceJson`, with a copy for `readKept`. */
export async function replaceKept(file: string, value: unknown): Promise<void> {
  // First, so that a copy is never older than what it stands for.
  await replaceJson(copyOf(file), value);
  await replaceJson(file, value);
}

/**
 * Reads a record that has a copy: where it is damaged, the copy takes its place. @throws RecordDamaged when both are.
 */
export async function readKept<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T> | undefined> {
  try {
    return await readJson(file, schema);
  } catch (error) {
    const copy = error instanceof RecordDamaged ? await readRemakable(copyOf(file), schema) : undefined;
    if (copy === undefined) throw error;
    await putAside(error);
    await publishJson(file, copy);
    return copy;
  }
}

/** The names in a folder; none where there is no such folder. */
export const namesIn = async (folder: string): Promise<string[]> => (await readdir(folder).catch(ignoreMissing)) ?? [];
