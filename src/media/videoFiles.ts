import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isMangled } from '../job/utf8.js';

/** Names of files that are taken for videos in a folder. Files that are named themselves may have any name. */
const VIDEO = /\.(264|265|3g2|3gp|asf|avi|divx|dv|flv|gif|h264|h265|hevc|ivf|m1v|m2ts|m2v|m4v|mj2|mjpeg|mjpg|mkv|mov|mp4|mpeg|mpg|mts|mxf|nut|obu|ogm|ogv|rm|rmvb|ts|vob|webm|wmv|wtv|y4m)$/i;

export interface FoundVideos {
  /** Paths below the folder, with slashes, in order. */
  videos: string[];
  /** Videos and folders that cannot be opened because their names are not UTF-8, as far as they can be written. */
  unusable: string[];
}

/** Videos in a folder and the folders below it, by their names. Hidden ones are left out, and so is `except`, where results go. */
export async function findVideos(folder: string, except: string): Promise<FoundVideos> {
  const found: FoundVideos = { videos: [], unusable: [] };
  await look('');
  return { videos: found.videos.sort(), unusable: found.unusable.sort() };

  async function look(below: string): Promise<void> {
    for (const entry of await readdir(path.join(folder, below), { withFileTypes: true })) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      const file = path.join(folder, name);
      const isVideo = (entry.isFile() || entry.isSymbolicLink()) && VIDEO.test(entry.name);
      if (entry.name.startsWith('.') || `${file}/`.startsWith(`${except}/`) || !(isVideo || entry.isDirectory())) continue;
      if (isMangled(file)) found.unusable.push(name);
      else if (isVideo) found.videos.push(name);
      else await look(name);
    }
  }
}
