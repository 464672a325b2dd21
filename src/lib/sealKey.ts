import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { digestOf } from './digest.js';
import { overlookDamage, publishJson, readJson } from './durable.js';
import { UserError } from './errors.js';
import { ignoreMissing } from './systemErrors.js';

/** A host's own secret, by which it knows again what it has written. */
export interface SealKey {
  /** Tells keys apart and gives nothing away. */
  id: string;
  secret: string;
}

/** 256 random bits, as hexadecimal digits. */
const secretSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * Reads the key; undefined where there is none. @throws UserError for one that is damaged, or that others could read.
 */
export async function readKey(file: string): Promise<SealKey | undefined> {
  const state = await stat(file).catch(ignoreMissing);
  if (!state) return undefined;
  if (state.mode & 0o077)
    throw new UserError(
      `${file} can be read by others, so it proves nothing: remove it, and give --notify or --on-done again`,
    );
  const secret = await readJson(file, secretSchema).catch(overlookDamage);
  if (secret === undefined)
    throw new UserError(`${file} holds no key: remove it, and give --notify or --on-done again`);
  return { id: digestOf(secret).slice(0, 16), secret };
}

/** Reads the key, and makes it where there is none: all who do so at once get the same one. */
export async function makeKey(file: string): Promise<SealKey> {
  for (;;) {
    const known = await readKey(file);
    if (known) return known;
    await mkdir(path.dirname(file), { recursive: true });
    await publishJson(file, randomBytes(32).toString('hex'), 0o600);
  }
}

export const seal = ({ secret }: SealKey, content: string): string =>
  createHmac('sha256', Buffer.from(secret, 'hex')).update(content).digest('hex');
