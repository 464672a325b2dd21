import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { FileRecord } from '../job/records.js';
import { sizeOf } from '../lib/files.js';
import { hasCode } from '../lib/systemErrors.js';

/** True when the file that a record names is there with its size. */
export async function wholeFile(folder: string, record: Pick<FileRecord, 'file' | 'bytes'>): Promise<boolean> {
  return (await sizeOf(path.join(folder, record.file))) === record.bytes;
}

/** Creates one folder, whose parent must exist: a late writer must not revive a removed job. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
