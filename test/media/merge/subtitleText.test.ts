import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { convertText } from '../../../src/media/merge/convertText.js';
import { charencOf, countLines } from '../../../src/media/merge/subtitleText.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/** Two lines of text in Matroska, whose first one is of these bytes. */
async function source(name: string, bytes: number[]): Promise<string> {
  const text = (value: string): Buffer => Buffer.from(value, 'latin1');
  writeFileSync(
    at(`${name}.srt`),
    Buffer.concat([
      text('1\n00:00:00,500 --> 00:00:01,500\n'),
      Buffer.from(bytes),
      text('\n\n2\n00:00:02,000 --> 00:00:03,000\nplain\n'),
    ]),
  );
  await ffmpeg('-i', at(`${name}.srt`), '-c', 'copy', at(`${name}.mkv`));
  return at(`${name}.mkv`);
}

describe('subtitles in 8-bit text', () => {
  it.each([
    ['German', 'ger', [0xdc, 0x62, 0x65, 0x72], 'CP1252', 'Über'],
    ['no language', undefined, [0x6e, 0x61, 0xef, 0x76, 0x65], 'CP1252', 'naïve'],
    ['Russian', 'rus', [0xc4, 0xe0], 'CP1251', 'Да'],
    ['Polish', 'pol', [0xb3, 0xf3, 0x64, 0x9f], 'CP1250', 'łódź'],
    ['UTF-8', 'rus', [...Buffer.from('Да')], undefined, 'Да'],
  ])('keep their lines: %s', async (name, language, bytes, charenc, words) => {
    const file = await source(name, bytes);
    expect(await charencOf(file, 0, language)).toBe(charenc);
    await convertText(file, { index: 0, encoder: 'mov_text', charenc, container: 'mp4', file: at(`${name}.mp4`) });
    const { stdout } = await execa('ffmpeg', ['-v', 'error', '-i', at(`${name}.mp4`), '-f', 'srt', '-']);
    expect(stdout).toContain(words);
    expect([await countLines(file, 0, 'subrip'), await countLines(at(`${name}.mp4`), 0, 'mov_text')]).toEqual([2, 2]);
  });

  it('are counted, so that lost lines are seen', async () => {
    const file = await source('lost', [0xdc]);
    await convertText(file, { index: 0, encoder: 'mov_text', container: 'mp4', file: at('lost.mp4') });
    expect([await countLines(file, 0, 'subrip'), await countLines(at('lost.mp4'), 0, 'mov_text')]).toEqual([2, 1]);
  });
});
