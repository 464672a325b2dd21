import { readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { CHROMIUM, play } from '../../support/browser.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { delivered, streams } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const PLACES = [
  [0.2, 0.3],
  [0.5, 0.3],
  [0.8, 0.3],
  [0.5, 0.8],
] as const;

/** Of a second's picture, by ffmpeg, at its own size. */
async function pixels(file: string, seconds: number, width: number, height: number): Promise<number[][]> {
  const { stdout } = await execa(
    'ffmpeg',
    argv`
      -v error -ss ${seconds} -i ${file} -map 0:v:0 -frames:v 1 -vf scale=flags=accurate_rnd+full_chroma_int
      -pix_fmt rgb24 -f rawvideo -
    `,
    { encoding: 'buffer' },
  );
  return PLACES.map(([x, y]) => {
    const place = 3 * (Math.floor(y * height) * width + Math.floor(x * width));
    return [...stdout.subarray(place, place + 3)];
  });
}

describe('an MP4', () => {
  it.skipIf(CHROMIUM === undefined)(
    'plays in Chromium to its end, in its shape and its colours, with everything that it holds',
    async () => {
      await ffmpeg(
        ...argv`
          -f lavfi -i smptebars=size=180x144:rate=25:duration=2 -f lavfi -i sine=duration=2 -f lavfi
          -i sine=frequency=660:duration=2 -f lavfi -i color=red:size=32x32:duration=0.04 -map 0 -map 1 -map 2 -map 3
          -vf:v:0 setsar=64/45,format=yuv420p,setparams=colorspace=unknown -c:v:0 libx264 -c:v:1 png
          -disposition:v:1 attached_pic -c:a:0 aac -c:a:1 ac3 -strict -2 ${at('bars.mp4')}
        `,
      );
      await delivered(at('bars.mp4'), at('played.mp4'), { scale: 4 });
      const [video] = await streams(at('played.mp4'));
      expect(video).toMatchObject({
        codec_tag_string: 'avc1',
        pix_fmt: 'yuv420p',
        width: 720,
        height: 576,
        sample_aspect_ratio: '64:45',
        color_space: 'smpte170m',
      });

      const played = await play(at('played.mp4'), { seconds: 1, places: PLACES }, folder);
      expect(played).toMatchObject({ error: '', width: 1024, height: 576 });
      expect(played.duration).toBeCloseTo(2, 1);
      expect(played.frames).toBeGreaterThanOrEqual(50);
      expect(played.audio).toBeGreaterThan(0);
      const wanted = await pixels(at('played.mp4'), 1, 720, 576);
      for (const [i, colour] of played.pixels.entries()) {
        for (const [c, value] of colour.entries())
          expect(Math.abs(value - (wanted[i]?.[c] as number)), `pixel ${i}`).toBeLessThanOrEqual(6);
      }
    },
  );

  it('has its index in front, and says its shape and its colours in boxes', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=64x48:rate=25:duration=0.5 -vf setsar=16/11 -c:v libx264 -pix_fmt yuv420p
        ${at('shape.mp4')}
      `,
    );
    await delivered(at('shape.mp4'), at('boxes.mp4'));
    const bytes = readFileSync(at('boxes.mp4'), 'latin1');
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
    for (const box of ['avc1', 'pasp', 'colr']) expect(bytes.indexOf(box), box).toBeGreaterThan(0);
  });
});
