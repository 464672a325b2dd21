import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openExcerpt } from '../../../src/media/intermediate/excerpt.js';
import { makeClip, scratchFolder } from '../../support/media.js';
import { frameDigests } from '../encodeSupport.js';

const folder = scratchFolder();
const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '12', '-bf', '3', '-pix_fmt', 'yuv420p'];

describe.each([
  ['an MP4 that seeks', 'seeks.mp4', X264],
  [
    'a program stream that does not',
    'counts.mpg',
    ['-c:v', 'mpeg2video', '-g', '12', '-bf', '2', '-pix_fmt', 'yuv420p'],
  ],
  [
    'a deep, lossless Matroska of odd size',
    'deep.mkv',
    ['-vf', 'crop=151:97', '-c:v', 'ffv1', '-pix_fmt', 'yuv444p10le'],
  ],
  ['packed RGB', 'rgb.mov', ['-c:v', 'qtrle', '-pix_fmt', 'rgb24']],
])('frames taken out of %s', (_, name, video) => {
  it('are those that a straight decode gives', async () => {
    const file = await makeClip(path.join(folder, name), { seconds: 2, audioTracks: 0, video });
    const film = await openExcerpt(file);
    expect(film.frames).toBe(50);
    expect(film.seconds).toBeCloseTo(2, 1);
    // Digests of the same samples in the same format, whatever the lossless file's codec prefers.
    const format = `format=${film.info.video.pixelFormat === 'rgb24' ? 'gbrp' : film.info.video.pixelFormat}`;
    const all = await frameDigests(file, format);
    for (const frame of [0, 17, 49]) {
      const taken = await film.take(frame, folder);
      expect(await frameDigests(taken?.file ?? '', format)).toEqual([all[frame]]);
      expect(film.frameAt(film.timeOf(frame))).toBe(frame);
      expect(film.timeOf(frame)).toBeCloseTo(frame / 25, 3);
    }
    expect(film.frameAt(0.1)).toBe(2);
  });
});

it('a frame behind the end of what decodes is none', async () => {
  const film = await openExcerpt(
    await makeClip(path.join(folder, 'short.avi'), { seconds: 0.4, audioTracks: 0, video: ['-c:v', 'mpeg4'] }),
  );
  expect(film.frames).toBe(10);
  expect(await film.take(10, folder)).toBeUndefined();
});
