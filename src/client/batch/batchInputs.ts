import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { Config } from '../../../temporal.config.js';
import type { BatchInput } from '../../job/batch/names.js';
import { UserError } from '../../lib/errors.js';
import { ignoreUnreachable } from '../../lib/systemErrors.js';
import { isMangled } from '../../lib/utf8.js';
import { findVideos, type LeftOut, NOT_UTF8 } from '../../media/source/videoFiles.js';
import { inRoot } from '../job/mediaRoot.js';

interface Found {
  file: string;
  /** Below the output folder, with slashes. */
  subfolder: string;
}

/**
 * The videos that a command line names: folders with all that is below them, files, patterns, and lists (`.txt`, one
 * path a line, relative to the list; empty lines and those that begin with # count for nothing). Each is there once.
 * @returns `leftOut`: what lies in a folder, or matches a pattern, and is not taken.
 * @throws UserError when something named is not there, or no video is.
 */
export async function batchInputs(
  config: Config,
  named: readonly string[],
  outDir: string,
): Promise<{ inputs: BatchInput[]; leftOut: LeftOut[] }> {
  const found: Found[] = [];
  const leftOut: LeftOut[] = [];
  for (const name of named) found.push(...(await expand(name, outDir, leftOut)));
  const inputs = new Map<string, BatchInput & { own: string }>();
  const all: { own: string; real: string }[] = [];
  for (const { file, subfolder } of found) {
    // A file that is missing or cannot be read fails by itself when its turn comes.
    const real = (await realpath(file).catch(ignoreUnreachable)) ?? file;
    inRoot(config, real, file);
    // A link is known by its own name, and a file that is named beside its links by its own.
    const folder = path.dirname(file);
    const own = path.join((await realpath(folder).catch(ignoreUnreachable)) ?? folder, path.basename(file));
    all.push({ own, real });
    if (!inputs.has(real) || own === real) inputs.set(real, { input: inRoot(config, own, file), subfolder, own });
  }
  for (const { own, real } of all) {
    const taken = inputs.get(real)?.own;
    if (taken !== undefined && taken !== own) leftOut.push({ file: own, why: `it is the same file as ${taken}` });
  }
  if (inputs.size === 0) throw new UserError(`there are no videos in ${named.join(', ')}`);
  return { inputs: [...inputs.values()].map(({ input, subfolder }) => ({ input, subfolder })), leftOut };
}

async function expand(name: string, outDir: string, leftOut: LeftOut[]): Promise<Found[]> {
  const file = path.resolve(name);
  const info = await stat(file).catch(ignoreUnreachable);
  const flat = (files: string[]): Found[] => files.map((each) => ({ file: each, subfolder: '' }));
  if (info?.isDirectory()) {
    const { videos, leftOut: rest } = await findVideos(file, outDir);
    leftOut.push(...rest.map((each) => ({ ...each, file: path.join(name, each.file) })));
    return videos.map((video) => ({
      file: path.join(file, video),
      subfolder: path.posix.dirname(video) === '.' ? '' : path.posix.dirname(video),
    }));
  }
  if (info) return flat(/\.txt$/i.test(file) ? await readList(file) : [file]);
  if (!isDynamicPattern(name)) throw new UserError(`there is no ${name}`);
  const matches = (await glob(name, { absolute: true, onlyFiles: true, expandDirectories: false })).sort();
  leftOut.push(...matches.filter(isMangled).map((each) => ({ file: each, why: NOT_UTF8 })));
  return flat(matches.filter((each) => !isMangled(each)));
}

async function readList(list: string): Promise<string[]> {
  const text = (await readFile(list, 'utf8')).replace(/^\uFEFF/, '');
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => path.resolve(path.dirname(list), line));
}
