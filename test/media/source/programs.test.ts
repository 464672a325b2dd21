import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { probeSource } from '../../../src/media/source/probe.js';
import { scanSource } from '../../../src/media/source/scan.js';
import { usedSource } from '../../../src/media/verify/usedSource.js';
import { verifyDeliverable } from '../../../src/media/verify/verifyDeliverable.js';
import { makeClip, scratchFolder } from '../../support/media.js';
import { multiplex } from '../../support/multiplex.js';
import { delivered, deliveredForCheck, streams } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

describe('several programmes in one transport stream', () => {
  let file: string;
  beforeAll(async () => {
    file = await multiplex(at('two.ts'));
  });

  it('are probed one at a time: size, sound, start and length are those of one', async () => {
    const [first, second] = [await probeSource(file), await probeSource(file, { program: 2 })];
    expect(first).toMatchObject({ program: 1, video: { width: 160 }, audio: [{}] });
    expect(second).toMatchObject({ program: 2, video: { width: 128 }, audio: [{}] });
    expect(first.startSeconds).toBeCloseTo(11.4, 1);
    expect(second.startSeconds).toBeCloseTo(5001.4, 1);
    for (const { durationSeconds } of [first, second]) expect(durationSeconds).toBeCloseTo(3, 1);
    expect(second.audio[0]?.index).not.toBe(first.audio[0]?.index);
  });

  it('are refused by a number that is none of theirs', async () => {
    await expect(probeSource(file, { program: 3 })).rejects.toThrow(
      /^--program 3: .*two\.ts holds the programmes 1.*, 2/,
    );
    await expect(probeSource(await makeClip(at('film.mkv')), { program: 1 })).rejects.toThrow(
      /film\.mkv holds no programmes: leave the flag out$/,
    );
  });

  it('are not sought in, since each has a clock of its own', async () => {
    const { scan } = await scanSource(file, await probeSource(file, { program: 2 }));
    expect(scan).toMatchObject({
      seekable: false,
      reason: 'the file holds several programmes, each with a clock of its own',
    });
  });

  it.each([
    [1, 2],
    [2, 1],
  ])('give the picture and the sound of number %i, and number %i is named as left out', async (program, other) => {
    const output = at(`${program}.mp4`);
    const { warnings } = await delivered(file, output, { program });
    expect(warnings).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^programme ${other} \\(h264, mp2.*\\) is left out: ` +
            `programme ${program} is upscaled, --program ${other} chooses this one$`,
        ),
      ),
    );
    const tracks = await streams(output);
    expect(tracks.map(({ codec_type }) => codec_type)).toEqual(['video', 'audio']);
    expect(tracks[0]).toMatchObject({ width: program === 1 ? 320 : 256 });
    for (const track of tracks) {
      expect(Number(track['start_time'])).toBeLessThan(0.1);
      expect(Number(track['duration'])).toBeCloseTo(3, 1);
    }
    expect((await usedSource(file, await probeSource(file, { program }), {})).contents.streams).toHaveLength(2);
  });

  it('give a result that passes the check', async () => {
    expect((await verifyDeliverable(await deliveredForCheck(file, at('checked.mp4')))).report.problems).toEqual([]);
  });

  it('that are announced without a picture leave the one that is recorded', async () => {
    const part = await multiplex(at('part.ts'), { recorded: [2] });
    expect(await probeSource(part)).toMatchObject({ program: 2, video: { width: 128 } });
  });
});

it('a transport stream of one programme is what it was, also by its number', async () => {
  const one = await makeClip(at('one.ts'));
  expect((await probeSource(one)).program).toBeUndefined();
  expect(await probeSource(one, { program: 1 })).toEqual(await probeSource(one));
});
