import { execa } from 'execa';
import { expect } from 'vitest';
import { argv } from '../../src/lib/argv.js';
import { checkContents } from '../../src/media/merge/checkContents.js';
import type { MergeResult } from '../../src/media/merge/merge.js';
import { readContents } from '../../src/media/source/fileContents.js';
import { streams } from './encodeSupport.js';

/** The tracks of a result, in one line. */
export const summary = ({ contents }: MergeResult): string =>
  contents.tracks.map(({ kind, codec, copied }) => `${kind} ${codec}${copied ? '' : ' made'}`).join(', ');

/** Seconds from the first frame to the first sample of each audio track, on decoded media. */
export async function offsets(file: string): Promise<number[]> {
  const first = async (stream: string): Promise<number> => {
    const { stdout } = await execa(
      'ffprobe',
      argv`-v error -select_streams ${stream} -read_intervals %+5 -show_entries frame=pts_time -of csv=p=0 ${file}`,
    );
    return parseFloat(stdout);
  };
  const video = await first('v:0');
  const count = (await streams(file)).filter((s) => s.codec_type === 'audio').length;
  return Promise.all(Array.from({ length: count }, async (_, i) => (await first(`a:${i}`)) - video));
}

/** That a file holds what was planned, and that sound begins when it should. */
export async function expectKept(file: string, { contents }: MergeResult): Promise<void> {
  expect(checkContents(await readContents(file), contents)).toEqual([]);
  const planned = contents.tracks.flatMap(({ startSeconds }) => (startSeconds === undefined ? [] : [startSeconds]));
  const found = await offsets(file);
  expect(found).toHaveLength(planned.length);
  for (const [i, time] of found.entries()) expect(Math.abs(time - (planned[i] as number))).toBeLessThan(0.001);
}
