import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { homeLayout } from '../client/connection/home.js';
import { ignoreMissing } from '../lib/systemErrors.js';

/** What SQLite says of a file that is damaged, cut short, empty or something else. */
const DAMAGE = /database disk image is malformed|file is not a database|malformed database schema|no such table: \w+/;
const MOST_BYTES = 1 << 20;

/**
 * Reads what the embedded server logs from now on: the server itself goes on, or starts again and again, over a
 * damaged database.
 */
export class DatabaseWatch {
  readonly #file: string;
  #at: number;

  constructor(home: string) {
    this.#file = homeLayout(home).log('temporal');
    this.#at = this.#read(0)?.size ?? 0;
  }

  /** @returns what was said of damage since the last look, if so. */
  damage(): string | undefined {
    const read = this.#read(this.#at);
    if (!read) return undefined;
    this.#at = read.size;
    return DAMAGE.exec(read.text)?.[0];
  }

  #read(from: number): { text: string; size: number } | undefined {
    let fd: number;
    try {
      fd = openSync(this.#file, 'r');
    } catch (error) {
      return ignoreMissing(error);
    }
    try {
      const { size } = fstatSync(fd);
      // A log that was moved aside begins anew.
      const start = Math.max(size < from ? 0 : from, size - MOST_BYTES);
      const bytes = Buffer.alloc(size - start);
      readSync(fd, bytes, 0, bytes.length, start);
      return { text: bytes.toString('utf8'), size };
    } finally {
      closeSync(fd);
    }
  }
}

/**
 * Gives the damaged database another name, with what SQLite has beside it. No server may be at work on it.
 * @returns the new name.
 */
export async function putAside(home: string): Promise<string> {
  const { database } = homeLayout(home);
  const kept = `${database}.damaged-${new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14)}`;
  for (const ending of ['', '-wal', '-shm', '-journal']) {
    await rename(`${database}${ending}`, `${kept}${ending}`).catch(ignoreMissing);
  }
  return kept;
}

export const asideLine = (damage: string, kept: string): string =>
  `Temporal's database was damaged (${damage}) and is kept as ${kept}: a new one is made. ` +
  'The same commands go on with their jobs from the parts; schedules have to be created again';
