import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { findVideos, NOT_UTF8 } from '../../../src/media/source/videoFiles.js';
import { makeClip, scratchFolder } from '../../support/media.js';

const program = path.resolve(import.meta.dirname, '../../../bin/reelscale');
const folder = scratchFolder();
const below = (...names: string[]): string => path.join(folder, ...names);
/** `caf?.mp4` with a byte of Latin-1. */
const latin = (...names: string[]): Buffer => Buffer.from(below(...names), 'latin1');

beforeAll(async () => {
  mkdirSync(below('films/sub'), { recursive: true });
  mkdirSync(below('films/results'));
  mkdirSync(latin('films', 'dossier\xe9'));
  for (const name of ['b.mp4', 'sub/a.mkv', 'results/b.x2.mp4', '.hidden.mp4', 'notes.txt', 'real\ufffd.mp4'])
    writeFileSync(below('films', name), 'x');
  await makeClip(below('clip.mp4'), { seconds: 0.2, size: '64x48' });
  copyFileSync(below('clip.mp4'), latin('films', 'caf\xe9.mp4'));
  writeFileSync(latin('films', 'caf\xe9.txt'), 'x');
  symlinkSync(latin('films', 'caf\xe9.mp4'), below('link.mp4'));
});

describe('names that are not UTF-8', () => {
  it('are told apart in a folder, and the other videos are found', async () => {
    expect(await findVideos(below('films'), below('films/results'))).toEqual({
      videos: ['b.mp4', 'real\ufffd.mp4', 'sub/a.mkv'],
      leftOut: [
        { file: '.hidden.mp4', why: 'it is hidden' },
        { file: 'caf\ufffd.mp4', why: NOT_UTF8 },
        { file: 'caf\ufffd.txt', why: 'its name is not that of a video' },
        { file: 'dossier\ufffd', why: NOT_UTF8 },
        { file: 'notes.txt', why: 'its name is not that of a video' },
      ],
    });
    expect(await findVideos(below('films'), below('films'))).toEqual({ videos: [], leftOut: [] });
  });

  it.each([
    ['as an input', "plan $'caf\\xe9.mp4' --preset preview", /the argument caf\ufffd\.mp4 is not UTF-8/],
    [
      'as an output',
      "upscale clip.mp4 --preset preview -o $'caf\\xe9.mp4'",
      /the argument caf\ufffd\.mp4 is not UTF-8/,
    ],
    ['behind a link', 'plan link.mp4 --preset preview', /films\/caf\ufffd\.mp4 is not named in UTF-8/],
  ])('are refused in one line: %s', async (_, command, line) => {
    const { exitCode, stdout, stderr } = await execa('bash', ['-c', `"$0" ${command}`, program], {
      cwd: folder,
      env: { REELSCALE_HOME: below('home') },
      reject: false,
    });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(line);
    expect([exitCode, stdout]).toEqual([2, '']);
  });
});
