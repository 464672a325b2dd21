import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MediaFolders } from '../../src/dashboard/folders.js';
import { findVideos } from '../../src/media/source/videoFiles.js';
import { scratchFolder } from '../support/media.js';

test('a page lists as videos what a batch takes for them in the same folder', async () => {
  const folder = path.join(scratchFolder(), 'films');
  mkdirSync(folder);
  // Of these some were in one list and some in the other.
  const videos = ['apng', 'divx', 'h264', 'hevc', 'm2v', 'mkv', 'MP4', 'rm'].map((ending) => `film.${ending}`);
  for (const name of [...videos, 'film.srt', 'film', 'mp4']) writeFileSync(path.join(folder, name), 'x');
  const page = await new MediaFolders(() => [folder]).look(folder);
  expect(page.videos.map(({ name }) => name).sort()).toEqual(videos.sort());
  expect((await findVideos(folder, '/elsewhere')).videos).toEqual(page.videos.map(({ name }) => name).sort());
});
