import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { editedTracks } from '../../../src/media/source/editLists.js';
import { ffmpeg, makeClip, scratchFolder } from '../../support/media.js';
import { writeEdits } from '../editLists.js';
import { delivered } from '../encodeSupport.js';
import { expectKept, offsets, summary } from '../keptSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

describe('sound that an edit list cuts into pieces', () => {
  /** Clicks at 0.3 and 1.2 s of 2 s. */
  const clicks = at('clicks.mp4');
  beforeAll(async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -f lavfi
        -i aevalsrc='if(between(n,14400,14402)+between(n,57600,57602),0.9,0)':s=48000:d=2 -map 0 -map 1 -c:v libx264
        -pix_fmt yuv420p -c:a aac ${clicks}
      `,
    );
  });

  /** Seconds after the first frame. */
  async function heardClicks(file: string): Promise<number[]> {
    const { stdout } = await execa(
      'ffmpeg',
      ['-v', 'error', '-i', file, '-map', '0:a', '-ac', '1', '-f', 's16le', '-'],
      { encoding: 'buffer' },
    );
    const pcm = new Int16Array(Uint8Array.from(stdout).buffer);
    const [start = 0] = await offsets(file);
    return [...pcm.keys()]
      .filter((i) => Math.abs(pcm[i] as number) > 8000 && Math.abs(pcm[i - 1] ?? 0) <= 8000)
      .map((i) => start + i / 48000);
  }

  it.each([
    [
      'two pieces, a pause before each',
      [
        { duration: 100, start: -1 },
        { duration: 500, start: 1024 },
        { duration: 250, start: -1 },
        { duration: 700, start: 1024 + 48_000 },
      ],
      [0.4, 1.05],
    ],
    [
      'pieces in another order',
      [
        { duration: 500, start: 1024 + 48_000 },
        { duration: 800, start: 1024 },
      ],
      [0.2, 0.8],
    ],
  ] as const)('is heard as it was: %s', async (name, edits, wanted) => {
    for (const extension of ['mp4', 'mkv']) {
      const source = at(`${name}.mp4`);
      const output = at(`${name}.out.${extension}`);
      copyFileSync(clicks, source);
      writeEdits(source, 2, edits);
      const result = await delivered(source, output);
      expect(result.warnings).toHaveLength(1);
      expect(result.warnings[0]).toContain('since its edit list cuts it into pieces');
      const heard = await heardClicks(output);
      expect(heard).toHaveLength(wanted.length);
      for (const [i, time] of heard.entries()) expect(Math.abs(time - (wanted[i] as number))).toBeLessThan(0.001);
    }
  });

  it('is told from sound that is only delayed, trimmed or primed', async () => {
    const delayed = at('delayed.mp4');
    copyFileSync(clicks, delayed);
    writeEdits(delayed, 2, [
      { duration: 250, start: -1 },
      { duration: 1000, start: 1024 },
    ]);
    expect(await editedTracks(delayed)).toEqual(new Map());
    const result = await delivered(delayed, at('delayed.out.mp4'));
    expect(summary(result)).toBe('video h264 made, audio aac');
    await expectKept(at('delayed.out.mp4'), result);
    expect((await heardClicks(at('delayed.out.mp4')))[0]).toBeCloseTo(0.55, 3);
    await makeClip(at('bare.mkv'), { seconds: 2, size: '64x48' });
    expect(await editedTracks(at('bare.mkv'))).toEqual(new Map());
  });
});
