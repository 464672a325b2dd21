import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { checkSound } from '../../../src/media/verify/tracks.js';
import { verifyDeliverable } from '../../../src/media/verify/verifyDeliverable.js';
import { ffmpeg, makeClip, scratchFolder } from '../../support/media.js';
import { deliveredForCheck } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/** 38400 samples are 37.5 blocks of AAC; PCM has no blocks to fill. */
async function tone(name: string, seconds = 0.8): Promise<string> {
  await ffmpeg(
    ...argv`-f lavfi -i sine=duration=${seconds}:sample_rate=48000`,
    '-c:a',
    name.endsWith('.mov') ? 'pcm_s16le' : 'aac',
    at(name),
  );
  return at(name);
}

/** What is told of the end of a copy of a track. */
async function told(file: string, source: string): Promise<string[]> {
  const { problems } = await checkSound({
    file,
    first: 0,
    seconds: 0.8,
    source: { file: source, first: 0 },
    tracks: [{ stream: 0, source: 0, copied: true }],
  });
  return problems.filter((problem) => problem.includes('ends'));
}

describe('copied sound that ends within a block of its encoder', () => {
  let source: string;
  beforeAll(async () => {
    source = await tone('source.mp4');
  });

  it('may lack what fills the block where both files say that it ends before', async () => {
    expect(await told(await tone('unfilled.mov'), source)).toEqual([]);
  });

  it('may have it where the source lacks it', async () => {
    expect(await told(source, await tone('unfilled.mov'))).toEqual([]);
  });

  it('is missed where it ends earlier than that', async () => {
    expect(await told(await tone('cut.mov', 0.78), source)).toEqual([
      expect.stringMatching(/^audio track 1 ends at 0\.780 s instead of 0\.8\d\d s$/),
    ]);
  });

  it('is missed where the last packet is lost', async () => {
    await ffmpeg('-i', source, '-c', 'copy', '-bsf:a', 'noise=drop=gte(n\\,38)', at('lost.mp4'));
    expect(await told(at('lost.mp4'), source)).toEqual([
      expect.stringMatching(/^audio track 1 ends at 0\.789 s instead of 0\.8\d\d s$/),
    ]);
  });

  it('is missed where the source says nothing of an end within the block', async () => {
    await ffmpeg('-i', await tone('whole.aac'), '-c', 'copy', at('whole.mp4'));
    expect(await told(await tone('cutBlock.mov', 0.82), at('whole.mp4'))).toEqual([
      'audio track 1 ends at 0.820 s instead of 0.832 s',
    ]);
  });

  it.each([
    ['aac', 'mp4', 'mp4'],
    ['aac', 'mp4', 'mkv'],
    ['aac', 'mkv', 'mp4'],
    ['aac', 'mkv', 'mkv'],
    ['libmp3lame', 'mkv', 'mp4'],
    ['libopus', 'mkv', 'mp4'],
  ])('passes the check when a clip becomes another: %s from %s to %s', async (codec, from, to) => {
    const clip = await makeClip(at(`${codec}.${from}`), { seconds: 0.8, audio: ['-c:a', codec, '-ar', '48000'] });
    expect(
      (await verifyDeliverable(await deliveredForCheck(clip, at(`${codec}.${from}.${to}`)))).report.problems,
    ).toEqual([]);
  });
});
