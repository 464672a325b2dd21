import { stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { hasCode, ignoreMissing, ignoreUnreachable } from './systemErrors.js';

/** Whether there is a file, or a link to one, that can be looked at by that name. */
export const isFile = async (file: string): Promise<boolean> =>
  (await stat(file).catch(ignoreUnreachable))?.isFile() ?? false;

/** In bytes; undefined where nothing has that name. */
export const sizeOf = async (file: string): Promise<number | undefined> =>
  (await stat(file).catch(ignoreMissing))?.size;

/** Whether a path leads to something. @throws where that cannot be found out. */
export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ELOOP')) return false;
      throw error;
    },
  );
}

/** Bytes that an ordinary user may still write on the disk of the nearest folder that is there. */
export async function freeAt(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(await placeOf(folder));
  return bavail * bsize;
}

/** The nearest folder that is there: it, or the one that it would be made in. */
export async function placeOf(folder: string): Promise<string> {
  let place = folder;
  while (!(await exists(place))) place = path.dirname(place);
  return place;
}
