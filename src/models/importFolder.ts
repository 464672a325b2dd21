import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../lib/errors.js';
import { quote } from '../lib/quote.js';
import { type ImportedModel, type ImportOptions, importFile } from './import.js';

/** Video2X's models folder has a folder for each kind of network. */
const DEPTH = 2;

export interface FolderImport {
  imported: ImportedModel[];
  /** Networks that cannot be used, each with a line that says why. */
  refused: string[];
}

/**
 * Imports every ncnn network (.param with its .bin) of a folder and of the folders in it that is a super-resolution
 * network, as Video2X's and Upscayl's models folders hold them.
 * @throws UserError when there is none at all.
 */
export async function importFolder(folder: string, options: Omit<ImportOptions, 'name'>): Promise<FolderImport> {
  const files = await paramFiles(folder, DEPTH);
  if (files.length === 0)
    throw new UserError(
      `${quote(path.basename(path.resolve(folder)))} holds no ncnn networks: ` +
        'give the path of a file, or of a folder with .param and .bin files',
    );
  const result: FolderImport = { imported: [], refused: [] };
  for (const file of files) {
    try {
      result.imported.push(await importFile(file, options));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      result.refused.push(error.message);
    }
  }
  return result;
}

async function paramFiles(folder: string, depth: number): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries
    .filter((entry) => entry.isFile() && /\.param$/i.test(entry.name))
    .map((entry) => path.join(folder, entry.name));
  if (depth === 1) return files;
  for (const entry of entries) {
    if (entry.isDirectory()) files.push(...(await paramFiles(path.join(folder, entry.name), depth - 1)));
  }
  return files;
}
