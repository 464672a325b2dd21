import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Names of files that are taken for videos in a folder. Files that are named themselves may have any name. */
const VIDEO = /\.(3g2|3gp|asf|avi|divx|dv|flv|gif|ivf|m2ts|m4v|mj2|mkv|mov|mp4|mpeg|mpg|mts|mxf|nut|obu|ogm|ogv|rm|rmvb|ts|vob|webm|wmv|wtv|y4m)$/i;

/**
 * Videos in a folder and the folders below it, by their names, in order. Hidden ones are left out, and so is `except`, where results go.
 * @returns paths below the folder, with slashes.
 */
export async function findVideos(folder: string, except: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const found = entries.filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && VIDEO.test(entry.name)).map((entry) => path.join(entry.parentPath, entry.name));
  const hidden = (file: string): boolean => file.split(path.sep).some((part) => part.startsWith('.'));
  return found
    .filter((file) => !file.startsWith(except + path.sep))
    .map((file) => path.relative(folder, file))
    .filter((file) => !hidden(file))
    .map((file) => file.split(path.sep).join('/'))
    .sort();
}
