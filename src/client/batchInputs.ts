import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import type { Config } from '../../temporal.config.js';
import type { BatchInput } from '../job/batch/names.js';
import { UserError } from '../job/errors.js';
import { isMangled } from '../job/utf8.js';
import { findVideos } from '../media/videoFiles.js';
import { inRoot } from './resolveJob.js';

interface Found {
  file: string;
  /** Below the output folder, with slashes. */
  subfolder: string;
}

/**
 * The videos that a command line names: folders with all that is below them, files, patterns, and lists (`.txt`, one path a line,
 * relative to the list; empty lines and those that begin with # count for nothing). Each is there once.
 * @param say is told of what is left out.
 * @throws UserError when something named is not there, or no video is.
 */
export async function batchInputs(config: Config, named: readonly string[], outDir: string, say: (line: string) => void): Promise<BatchInput[]> {
  const found: Found[] = [];
  for (const name of named) found.push(...(await expand(name, outDir, say)));
  const inputs = new Map<string, BatchInput>();
  for (const { file, subfolder } of found) {
    // A file that is missing or cannot be read fails by itself when its turn comes.
    const real = await realpath(file).catch(() => file);
    inRoot(config, real, file);
    // A link is known by its own name, and a file that is named beside its links by its own.
    const own = path.join(await realpath(path.dirname(file)).catch(() => path.dirname(file)), path.basename(file));
    if (!inputs.has(real) || own === real) inputs.set(real, { input: inRoot(config, own, file), subfolder });
  }
  if (inputs.size === 0) throw new UserError(`there are no videos in ${named.join(', ')}`);
  return [...inputs.values()];
}

async function expand(name: string, outDir: string, say: (line: string) => void): Promise<Found[]> {
  const file = path.resolve(name);
  const info = await stat(file).catch(() => undefined);
  const sayMangled = (each: string): void => { say(`${each} is left out: its name is not UTF-8, so it cannot be opened; rename it`); };
  const flat = (files: string[]): Found[] => files.map((each) => ({ file: each, subfolder: '' }));
  if (info?.isDirectory()) {
    const { videos, unusable } = await findVideos(file, outDir);
    for (const each of unusable) sayMangled(path.join(name, each));
    return videos.map((video) => ({ file: path.join(file, video), subfolder: path.posix.dirname(video) === '.' ? '' : path.posix.dirname(video) }));
  }
  if (info) return flat(/\.txt$/i.test(file) ? await readList(file) : [file]);
  if (!isDynamicPattern(name)) throw new UserError(`there is no ${name}`);
  const matches = (await glob(name, { absolute: true, onlyFiles: true, expandDirectories: false })).sort();
  for (const each of matches.filter(isMangled)) sayMangled(each);
  return flat(matches.filter((each) => !isMangled(each)));
}

async function readList(list: string): Promise<string[]> {
  const text = (await readFile(list, 'utf8')).replace(/^\uFEFF/, '');
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => path.resolve(path.dirname(list), line));
}
