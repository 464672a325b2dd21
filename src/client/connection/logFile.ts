import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { readable } from '../../lib/readable.js';
import { ignoreMissing } from '../../lib/systemErrors.js';

const MOST_BYTES = 10 * 1024 ** 2;

/**
 * Opens a log for appending; one that has grown beyond 10 MB is first moved aside as `.1`. @returns a file descriptor.
 */
export function openLog(file: string): number {
  try {
    if (statSync(file).size > MOST_BYTES) renameSync(file, `${file}.1`);
  } catch (error) {
    ignoreMissing(error);
  }
  return openSync(file, 'a', 0o600);
}

/** The last lines of a log for people, from byte `from` on. */
export function logTail(file: string, lines: number, from = 0): string {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    ignoreMissing(error);
    return '';
  }
  try {
    const { size } = fstatSync(fd);
    const bytes = Buffer.alloc(Math.max(0, Math.min(size - from, 16_384)));
    readSync(fd, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8').trimEnd().split('\n').slice(-lines).map(readable).join('\n');
  } finally {
    closeSync(fd);
  }
}
