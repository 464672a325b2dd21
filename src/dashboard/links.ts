import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../lib/errors.js';
import { hasCode } from '../lib/systemErrors.js';

/**
 * A job's files were named by their real paths when it was made. Asked again at each read, so that a link which
 * somebody has put there since leads nowhere.
 * @param root that the file lies below; it may itself be reached through a link.
 * @throws UserError where the file is gone, or behind a link.
 */
export async function requireUnlinked(root: string, file: string): Promise<void> {
  const real = await realpath(file).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'))
      throw new UserError(`${path.basename(file)} is gone, or may not be read`);
    throw error;
  });
  if (real !== path.join(await realpath(root), path.relative(root, file)))
    throw new UserError(`${path.basename(file)} has become a link, or lies behind one: it is not read`);
}
