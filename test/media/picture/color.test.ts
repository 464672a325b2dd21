import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { encodeFromSource } from '../../../src/media/encode/encode.js';
import { ZIMG_MATRIX } from '../../../src/media/picture/color.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { fastEncode, frameSource, pixels, streams } from '../encodeSupport.js';
import { throughNearest } from '../nearest.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

const [WIDTH, HEIGHT] = [128, 64];
const MATRICES = { bt601: 'smpte170m', bt709: 'bt709' } as const;

/** One frame of random luma, and of chroma that is random in 4:4:4 and smooth otherwise; all of it inside of RGB. */
async function material(format: string, matrix: keyof typeof MATRICES, range: 'tv' | 'pc'): Promise<FrameSource> {
  const file = at(`${format}-${matrix}-${range}.mkv`);
  const chroma =
    format === 'yuv444p'
      ? ["'108+random(1)*40'", "'108+random(2)*40'"]
      : ["'128+20*sin(X*6.28/SW/64)'", "'128+20*cos((X+Y)*6.28/SW/64)'"];
  await ffmpeg(
    ...argv`-f lavfi -i color=gray:size=${WIDTH}x${HEIGHT}:rate=25 -frames:v 1`,
    '-vf',
    `format=${format},geq=lum='80+random(0)*100':cb=${chroma[0]}:cr=${chroma[1]},` +
      `setparams=colorspace=${MATRICES[matrix]}:range=${range}`,
    ...argv`-c:v ffv1 -color_range ${range} -chroma_sample_location left ${file}`,
  );
  return frameSource(file);
}

const furthest = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (b[i] as number))), Math.abs(a.length - b.length));

describe.each(['yuv444p', 'yuv422p', 'yuv420p'])(
  'a network that changes nothing changes %s by at most one code value',
  (format) => {
    it.each([
      ['bt601', 'tv'],
      ['bt601', 'pc'],
      ['bt709', 'tv'],
      ['bt709', 'pc'],
    ] as const)('in %s, range %s', async (matrix, range) => {
      const source = await material(format, matrix, range);
      const full = range === 'pc' ? 'full' : 'limited';
      expect(source.info.video.color).toMatchObject({ matrix, range: full });
      // What the source is in 4:2:0, without a way through RGB.
      const m = ZIMG_MATRIX[matrix];
      const direct = `zscale=min=${m}:m=${m}:rin=${full}:r=${full}:cin=left:c=left:f=spline36`;
      const wanted = await pixels(
        source.file,
        'yuv420p',
        format === 'yuv420p' ? `scale=in_range=${full}:out_range=${full}` : `${direct},format=yuv420p`,
      );
      // By the conversions alone, and with what goes around the network.
      for (const carry of [false, true]) {
        const is = await pixels(await throughNearest(source, { carry }), 'yuv420p');
        expect(is).toHaveLength(WIDTH * HEIGHT * 1.5);
        expect(furthest(is, wanted)).toBeLessThanOrEqual(1);
      }
    });
  },
);

describe('chroma stays on its luma within 0.1 pixels', () => {
  /** Code values a pixel: with these, neither the ramps nor what is between their samples round to one side. */
  const slopeOf = (location: string): number => (location === 'center' ? 2 : 3);

  /** The same ramp in luma and in blue's chroma: chroma that moves against luma shows as a constant difference. */
  async function ramp(location: string): Promise<FrameSource> {
    const file = at(`ramp-${location}.mkv`);
    const shift = { left: 0, center: 0.5, topleft: 0 }[location] ?? 0;
    await ffmpeg(
      ...argv`-f lavfi -i color=gray:size=32x32:rate=25 -frames:v 1`,
      '-vf',
      `format=yuv420p,geq=lum='80+X*${slopeOf(location)}':cb='80+(X/SW+${shift})*${slopeOf(location)}':cr=128`,
      ...argv`-c:v libx264 -qp 0 -x264-params chromaloc=${['left', 'center', 'topleft'].indexOf(location)} ${file}`,
    );
    return frameSource(file);
  }

  /** In source pixels, over the middle of the middle line. */
  async function shiftOf(file: string, location: string, scale: number): Promise<number> {
    const [w, h] = [32 * scale, 32 * scale];
    const frame = await pixels(file, 'yuv420p');
    const shift = location === 'center' ? 0.5 : 0;
    const places = Array.from({ length: w / 4 }, (_, i) => w / 8 + i);
    const apart = places.map((x) => {
      const luma = (at: number): number => frame[(h / 2) * w + at] as number;
      // Over as many samples as the network made of one, so that its steps do not count, with chroma's place in the
      // middle.
      const mean = (from: number): number =>
        Array.from({ length: scale }, (_, i) => luma(from + i)).reduce((sum, value) => sum + value, 0) / scale;
      const first = 2 * x - scale / 2;
      const own = shift === 0 ? (mean(first) + mean(first + 1)) / 2 : mean(first + 1);
      return (frame[w * h + (h / 4) * (w / 2) + x] as number) - own;
    });
    return apart.reduce((sum, value) => sum + value, 0) / apart.length / slopeOf(location);
  }

  it.each(['left', 'center', 'topleft'])(
    '%s, at x2 and x4, through a network and through a filter',
    async (location) => {
      const source = await ramp(location);
      expect(source.info.video.color.chromaLocation).toBe(location);
      for (const scale of [2, 4]) {
        expect(Math.abs(await shiftOf(await throughNearest(source, { scale }), location, scale))).toBeLessThan(0.1);
        const filtered = at(`ramp-${location}-${scale}.mp4`);
        await encodeFromSource({
          source,
          start: 0,
          end: 1,
          method: { name: 'bicubic', scale },
          encode: { ...fastEncode, crf: 0 },
          output: filtered,
        });
        expect(Math.abs(await shiftOf(filtered, location, scale))).toBeLessThan(0.1);
      }
    },
  );
});

it.each([
  [
    'bt2020nc',
    'colorspace=bt2020nc:color_primaries=bt2020:color_trc=bt2020-10',
    { color_space: 'bt2020nc', color_primaries: 'bt2020', color_transfer: 'bt2020-10', color_range: 'tv' },
  ],
  [
    'smpte240m',
    'colorspace=smpte240m:color_primaries=smpte240m:color_trc=smpte240m',
    { color_space: 'smpte240m', color_primaries: 'smpte240m', color_transfer: 'smpte240m' },
  ],
  [
    'full range',
    'colorspace=bt709:range=pc',
    { color_space: 'bt709', color_primaries: 'bt709', color_transfer: 'bt709', color_range: 'pc' },
  ],
] as const)('the tags of %s are carried', async (name, tags, wanted) => {
  const file = at(`${name}.mkv`);
  await ffmpeg(
    ...argv`
      -f lavfi -i color=gray:size=64x48:rate=25 -frames:v 1 -vf format=yuv420p,setparams=${tags} -c:v libx264 ${file}
    `,
  );
  await encodeFromSource({
    source: await frameSource(file),
    start: 0,
    end: 1,
    method: { name: 'bicubic', scale: 2 },
    encode: fastEncode,
    output: at(`${name}.mp4`),
  });
  expect((await streams(at(`${name}.mp4`)))[0]).toMatchObject(wanted);
});
