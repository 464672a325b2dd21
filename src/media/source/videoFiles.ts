import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isMangled } from '../../lib/utf8.js';

const ENDINGS =
  '264 265 3g2 3gp apng asf avi divx dv flv gif h264 h265 hevc ivf m1v m2ts m2v m4v mj2 mjpeg mjpg mkv mov mp4 ' +
  'mpeg mpg mts mxf nut obu ogm ogv rm rmvb ts vob webm wmv wtv y4m';
const VIDEO = new RegExp(`\\.(${ENDINGS.replaceAll(' ', '|')})$`, 'i');

/**
 * Whether a file is taken for a video where a folder is looked through, by a batch and by the pages of the dashboard.
 * One that is named itself may have any name.
 */
export const isVideoName = (file: string): boolean => VIDEO.test(file);

export interface FoundVideos {
  /** Paths below the folder, with slashes, in order. */
  videos: string[];
  /**
   * All other files, and folders that are not looked into, in order; what cannot be written in UTF-8 as far as it can.
   */
  leftOut: LeftOut[];
}

export interface LeftOut {
  file: string;
  /** Goes on after the name and a colon. */
  why: string;
}

export const NOT_UTF8 = 'its name is not UTF-8, so it cannot be opened; rename it';

/** Videos in a folder and the folders below it, by their names. `except`, where results go, is not looked into. */
export async function findVideos(folder: string, except: string): Promise<FoundVideos> {
  const found: FoundVideos = { videos: [], leftOut: [] };
  await look('');
  return { videos: found.videos.sort(), leftOut: found.leftOut.sort((a, b) => (a.file < b.file ? -1 : 1)) };

  async function look(below: string): Promise<void> {
    for (const entry of await readdir(path.join(folder, below), { withFileTypes: true })) {
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      const file = path.join(folder, name);
      if (`${file}/`.startsWith(`${except}/`)) continue;
      const why = whyNot(entry, file);
      if (why !== undefined) found.leftOut.push({ file: name, why });
      else if (entry.isDirectory()) await look(name);
      else found.videos.push(name);
    }
  }
}

function whyNot(entry: Dirent, file: string): string | undefined {
  if (entry.name.startsWith('.')) return 'it is hidden';
  if (!entry.isDirectory() && !isVideoName(entry.name)) return 'its name is not that of a video';
  if (isMangled(file)) return NOT_UTF8;
  return entry.isDirectory() || entry.isFile() || entry.isSymbolicLink() ? undefined : 'it is no regular file';
}
