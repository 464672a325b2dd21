import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../lib/errors.js';
import { hasCode, ignoreUnreachable } from '../lib/systemErrors.js';
import { isVideoName } from '../media/source/videoFiles.js';
import type { Folder } from './schemas/submit.js';

/** Entries of a folder that are shown, and folders that a refusal names. */
const MOST = 1000;
const NAMED = 3;

/**
 * The folders that pages may name files in. What a path means is told by the disk: no symbolic link leads out of them.
 */
export class MediaFolders {
  readonly #folders: () => Iterable<string>;

  /** @param folders as they are now. */
  constructor(folders: () => Iterable<string>) {
    this.#folders = folders;
  }

  /** Those that are there, by their real paths; what lies in another one is left out. */
  async list(): Promise<string[]> {
    const real = await Promise.all(
      [...new Set(this.#folders())].map((folder) => realpath(folder).catch(ignoreUnreachable)),
    );
    const there = [...new Set(real.filter((folder) => folder !== undefined))].sort();
    return there.filter((folder) => !there.some((other) => other !== folder && isIn(other, folder)));
  }

  /** The real path of a file or folder. @throws UserError when it is not there or lies outside. */
  async inside(file: string): Promise<string> {
    if (!path.isAbsolute(file) || file.includes('\0'))
      throw new UserError('give the whole path of a file in a media folder');
    const real = await realpath(file).catch(ignoreUnreachable);
    // What lies outside is not told from what is not there.
    const folders = await this.list();
    if (real === undefined || !holds(folders, real))
      throw new UserError(
        `${path.basename(file)} is not in a media folder: ` +
          `${folders.slice(0, NAMED).join(', ')}${folders.length > NAMED ? ' …' : ''}`,
      );
    return real;
  }

  /** The real path that a new file would have; it may be there already, but not as a link to elsewhere. */
  async insideNew(file: string): Promise<string> {
    const folder = await this.inside(path.dirname(path.resolve('/', file)));
    const whole = path.join(folder, path.basename(file));
    const existing = await realpath(whole).catch(ignoreUnreachable);
    return existing === undefined ? whole : this.inside(existing);
  }

  /** Folders and videos in a folder. Hidden ones are left out. */
  async look(folder: string): Promise<Folder> {
    const real = await this.inside(folder);
    const entries = await readdir(real, { withFileTypes: true }).catch((error: unknown) => {
      if (hasCode(error, 'ENOTDIR')) throw new UserError(`${path.basename(folder)} is no folder`);
      if (hasCode(error, 'EACCES', 'EPERM')) throw new UserError(`${path.basename(folder)} may not be read`);
      throw error;
    });
    const shown = entries
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    const kept = shown.slice(0, MOST);
    const folders = await this.list();
    const kinds = await Promise.all(
      kept.map((entry) => kindOf(path.join(real, entry.name), entry.isSymbolicLink() ? folders : undefined)),
    );
    const parent = path.dirname(real);
    return {
      path: real,
      ...(parent !== real && holds(folders, parent) && { parent }),
      folders: kept.filter((_, i) => kinds[i] === 'folder').map(({ name }) => name),
      videos: kept.flatMap(({ name }, i) => (typeof kinds[i] === 'number' ? [{ name, bytes: kinds[i] }] : [])),
      more: shown.length > kept.length,
    };
  }
}

/**
 * A folder, or a video by its size; nothing where it is something else, or a link that leads out. @param folders of a
 * link: where it may lead.
 */
async function kindOf(file: string, folders: readonly string[] | undefined): Promise<'folder' | number | undefined> {
  if (folders) {
    const real = await realpath(file).catch(ignoreUnreachable);
    if (real === undefined || !holds(folders, real)) return undefined;
  }
  const found = await stat(file).catch(ignoreUnreachable);
  if (found?.isDirectory()) return 'folder';
  return found?.isFile() && isVideoName(file) ? found.size : undefined;
}

const holds = (folders: readonly string[], real: string): boolean => folders.some((folder) => isIn(folder, real));

function isIn(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}
