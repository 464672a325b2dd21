import { constants } from 'node:fs';
import { access, mkdir, realpath, stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { hasCode, readJson, replaceJson } from '../job/durable.js';
import { UserError } from '../job/errors.js';
import { fileDigest } from '../job/parts.js';
import { containerOf } from '../media/containers.js';
import { sha256Schema, type JobSpec } from '../job/spec.js';

const cachedDigestSchema = z.object({ size: z.number(), mtimeMs: z.number(), ino: z.number(), sha256: sha256Schema });

/** The digest of a source, remembered by path, size, mtime and inode: a film is read once. */
export async function sourceDigest(jobsRoot: string, file: string): Promise<JobSpec['source']> {
  const { size, mtimeMs, ino } = await stat(file);
  const cache = path.join(jobsRoot, 'digests', `${createHash('sha256').update(file).digest('hex').slice(0, 32)}.json`);
  const known = await readJson(cache, cachedDigestSchema).catch(() => undefined);
  if (known?.size === size && known.mtimeMs === mtimeMs && known.ino === ino) return { size, mtimeMs, digest: known.sha256 };
  const sha256 = await fileDigest(file);
  await mkdir(path.dirname(cache), { recursive: true });
  await replaceJson(cache, { size, mtimeMs, ino, sha256 });
  return { size, mtimeMs, digest: sha256 };
}

/** INPUT's name with `.x4.mp4`, beside it. */
export function defaultOutput(input: string, scale: number): string {
  const { dir, name } = path.parse(input);
  return path.join(dir, `${name}.x${scale}.mp4`);
}

/**
 * The real path of an output in a folder that is there and can be written.
 * @throws UserError otherwise, also when it would be the source itself.
 */
export async function checkOutput(output: string, input: string): Promise<string> {
  const folder = path.dirname(path.resolve(output));
  try {
    const real = path.join(await realpath(folder), path.basename(output));
    await access(folder, constants.W_OK | constants.X_OK);
    if (!containerOf(real)) throw new UserError(`the output must be named .mp4 or .mkv, and ${output} is not`);
    if (real === input || (await sameFile(real, input))) throw new UserError(`the output would replace the source ${input}: choose another name with -o`);
    const existing = await stat(real).catch(() => undefined);
    if (existing && !existing.isFile()) throw new UserError(`${output} exists and is no file: choose another name with -o`);
    return real;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw new UserError(`the output folder ${folder} does not exist: create it, or choose another with -o`);
    if (hasCode(error, 'EACCES', 'EPERM', 'EROFS')) throw new UserError(`the output folder ${folder} cannot be written: choose another with -o`);
    throw error;
  }
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(a).catch(() => undefined), stat(b).catch(() => undefined)]);
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

export async function exists(file: string): Promise<boolean> {
  return stat(file).then(() => true, (error: unknown) => {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  });
}
