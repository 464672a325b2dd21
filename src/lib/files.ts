import { stat } from 'node:fs/promises';
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
