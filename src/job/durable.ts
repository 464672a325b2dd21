import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';

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
 * Publishes a JSON under a name that nothing has yet. The commit of parts, plans and claims: it happens whole or not at
 * all, survives a power cut, and the first writer wins. The folder must exist: a late writer cannot revive a removed job.
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
export const replaceJson = (file: string, value: unknown, mode?: number): Promise<void> => replaceText(file, asJson(value), mode);

const asJson = (value: unknown): string => `${JSON.stringify(value)}\n`;

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

/** Reads and parses a JSON; undefined when there is none. @throws when it does not fit the schema. */
export async function readJson<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T> | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  return schema.parse(JSON.parse(text));
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
