import { constants } from 'node:fs';
import { access, chmod, link, lstat, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Range, resultEnding } from '../../job/range.js';
import { flush, randomName } from '../../lib/durable.js';
import { UserError } from '../../lib/errors.js';
import { exists } from '../../lib/files.js';
import { fitName } from '../../lib/fitName.js';
import { hasCode, ignoreUnreachable } from '../../lib/systemErrors.js';
import { publicMode } from '../../lib/umask.js';
import { requireUsableName } from '../../lib/utf8.js';

/**
 * INPUT's name with {@link resultEnding}, beside it. A link is taken by its own name: what it leads to may be a store
 * with names of its own.
 */
export function defaultOutput(input: string, scale: number, range: Range = {}): string {
  const { dir, name } = path.parse(input);
  return path.join(dir, fitName(name, resultEnding(range, scale, 'mp4')));
}

/**
 * The real path of an output in a folder that is there and can be written.
 * @param extensions that its name may have, in small letters.
 * @throws UserError otherwise, also when it would be a source itself.
 */
export async function checkOutput(
  output: string,
  inputs: string | readonly string[],
  extensions: readonly string[] = ['.mp4', '.mkv'],
): Promise<string> {
  const folder = path.dirname(path.resolve(output));
  try {
    const real = path.join(await realpath(folder), path.basename(output));
    requireUsableName(path.dirname(real));
    await access(folder, constants.W_OK | constants.X_OK);
    if (!extensions.includes(path.extname(real).toLowerCase()))
      throw new UserError(`the output must be named ${extensions.join(' or ')}, and ${output} is not`);
    for (const input of [inputs].flat()) {
      if (real === input || (await sameFile(real, input)))
        throw new UserError(`the output would replace the source ${input}: choose another name`);
    }
    const existing = await stat(real).catch((error: unknown) => {
      if (hasCode(error, 'ENAMETOOLONG'))
        throw new UserError(`the output's name is longer than the file system allows: ${output}`);
      return ignoreUnreachable(error);
    });
    if (existing && !existing.isFile()) throw new UserError(`${output} exists and is no file: choose another name`);
    return real;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR'))
      throw new UserError(`the output folder ${folder} does not exist: create it, or choose another`);
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS'))
      throw new UserError(`the output folder ${folder} cannot be written: choose another`);
    throw error;
  }
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((file) => stat(file).catch(ignoreUnreachable)));
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

/**
 * Makes a file that appears under its name whole or not at all. What is there already stays, unless it may be
 * replaced.
 * @param write fills the file that it is given, which has no name that people see, and lies in the same folder.
 * @param mode who may read it; what people get has the mode that their umask gives.
 * @throws UserError when the name is taken.
 */
export async function publishFile(
  file: string,
  overwrite: boolean,
  write: (temporary: string) => Promise<void>,
  mode = publicMode(),
): Promise<void> {
  const temporary = path.join(path.dirname(file), `.reelscale-${randomName()}${path.extname(file)}`);
  try {
    await write(temporary);
    await chmod(temporary, mode);
    await (overwrite ? rename(temporary, file) : link(temporary, file));
    await flush(path.dirname(file));
  } catch (error) {
    if (hasCode(error, 'EEXIST')) throw taken(file);
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** @throws UserError when the name is taken and may not be replaced: said before any work is done. */
export async function requireFreeName(file: string, overwrite: boolean): Promise<void> {
  if (overwrite) return;
  await requireNoDeadLink(file);
  if (await exists(file)) throw taken(file);
}

/** @throws UserError for a link that leads to no file: its name is taken, though nothing can be read there. */
export async function requireNoDeadLink(file: string): Promise<void> {
  const found = await lstat(file).catch(ignoreUnreachable);
  if (found?.isSymbolicLink() && !(await stat(file).catch(ignoreUnreachable)))
    throw new UserError(
      `${file} is a link to a file that is not there: choose another name, or replace the link with --overwrite`,
    );
}

const taken = (file: string): UserError =>
  new UserError(`${file} exists already: choose another name, or replace it with --overwrite`);
