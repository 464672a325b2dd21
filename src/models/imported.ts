import path from 'node:path';
import { namesIn } from '../lib/durable.js';
import { UserError } from '../lib/errors.js';
import { isFile } from '../lib/files.js';
import { findRegistered } from './registry.js';
import { importedFolder, OWN_FOLDERS, onnxFile } from './store.js';

/** ffmpeg's own methods. */
const METHODS: readonly string[] = ['bicubic', 'lanczos'];
const NAME = /^[A-Za-z0-9][\w.+-]{0,63}$/;
const ENDING = /\.(onnx|pth|pt|safetensors|param|bin)$/i;

/** Names of the imported models, sorted. */
export async function importedNames(modelsRoot: string): Promise<string[]> {
  const names = await namesIn(modelsRoot);
  const found: string[] = [];
  for (const name of names.sort()) {
    if (NAME.test(name) && !OWN_FOLDERS.has(name) && (await isFile(onnxFile(importedFolder(modelsRoot, name)))))
      found.push(name);
  }
  return found;
}

/** Case does not matter. @returns the name as it was imported. */
export async function findImported(modelsRoot: string, name: string): Promise<string | undefined> {
  const wanted = name.toLowerCase();
  return (await importedNames(modelsRoot)).find((other) => other.toLowerCase() === wanted);
}

/**
 * A name for the model in a file: the file's, without its ending and what no name may hold. @throws UserError when
 * nothing is left of it.
 */
export function nameOfFile(file: string): string {
  const stem = path.basename(file).replace(ENDING, '');
  const name = stem
    .normalize('NFKD')
    .replace(/[^\w.+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, 64);
  if (name === '')
    throw new UserError(`no name can be made of ${JSON.stringify(path.basename(file))}: give one with --name`);
  return name;
}

/** @throws UserError for a name that means something else already, or that no folder should have. */
export function requireFreeName(name: string): void {
  if (!NAME.test(name) || ENDING.test(name)) {
    throw new UserError(
      `${JSON.stringify(name)} cannot be a model's name: ` +
        `up to 64 letters, digits, dots, dashes, underscores and plus signs, ` +
        'beginning with a letter or digit, and not ending as a file of a model does',
    );
  }
  const lower = name.toLowerCase();
  if (METHODS.includes(lower) || findRegistered(lower) || OWN_FOLDERS.has(lower)) {
    throw new UserError(`${JSON.stringify(name)} is the name of another model already: give another one with --name`);
  }
}
