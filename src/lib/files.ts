import { stat } from 'node:fs/promises';
import { ignoreUnreachable } from './systemErrors.js';

/** Whether there is a file, or a link to one, that can be looked at by that name. */
export const isFile = async (file: string): Promise<boolean> =>
  (await stat(file).catch(ignoreUnreachable))?.isFile() ?? false;
