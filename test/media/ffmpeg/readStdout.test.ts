import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { ContentFailure } from '../../../src/lib/errors.js';
import { readBytes, readStdout, readUntilFailure } from '../../../src/media/ffmpeg/readStdout.js';
import { scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
const FRAME = 64 * 64;
const pictures = (seconds: number) =>
  argv`-f lavfi -i testsrc2=size=64x64:rate=25:duration=${seconds} -pix_fmt gray -f rawvideo pipe:1`;
const damaged = ['-i', path.join(folder, 'damaged.mp4'), '-f', 'rawvideo', 'pipe:1'];
writeFileSync(path.join(folder, 'damaged.mp4'), 'no video');

describe('reading what ffmpeg writes to stdout', () => {
  it('gives all of it', async () => {
    expect(await readBytes(pictures(2), {})).toHaveLength(50 * FRAME);
  });

  it('throws what the reader throws, and not how ffmpeg ends of that', async () => {
    const reading = readStdout(pictures(60), {}, async (stdout) => {
      for await (const chunk of stdout) throw new RangeError(`no use for ${(chunk as Buffer).length > 0}`);
    });
    await expect(reading).rejects.toThrow(new RangeError('no use for true'));
  });

  it('ends ffmpeg where the reader has seen enough', async () => {
    const { value } = await readUntilFailure(pictures(100_000), {}, async (stdout) => {
      for await (const chunk of stdout) return (chunk as Buffer).length > 0;
      return false;
    });
    expect(value).toBe(true);
  });

  it('keeps what was read of a file that ffmpeg gives up on, where that is wanted', async () => {
    const { value, ended } = await readUntilFailure(damaged, {}, (stdout) => stdout.toArray());
    expect(value).toEqual([]);
    expect(ended).toBeInstanceOf(ContentFailure);
    await expect(readBytes(damaged, {})).rejects.toThrow(ContentFailure);
  });

  it('throws the reason of the signal', async () => {
    const stop = new AbortController();
    const reading = readStdout(pictures(100_000), { signal: stop.signal }, async (stdout) => {
      for await (const chunk of stdout) if ((chunk as Buffer).length > 0) stop.abort(new Error('given up'));
    });
    await expect(reading).rejects.toThrow('given up');
  });
});
