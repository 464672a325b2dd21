import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { DELIVERED_PIXELS } from '../../../src/media/picture/color.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { toYuv420 } from '../../../src/media/picture/luma.js';
import { ffmpeg, hasSharedMedia, scratchFolder, sharedFile } from '../../support/media.js';
import { frameSource, pixels } from '../encodeSupport.js';
import { throughNearest } from '../nearest.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

const furthest = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (b[i] as number))), Math.abs(a.length - b.length));

/**
 * One frame of a format; expressions of the geq filter, and tags that change no sample: of an encoder's own options
 * ffmpeg 7 makes a conversion.
 */
async function made(
  name: string,
  format: string,
  size: string,
  [lum, cb, cr]: readonly [string, string, string],
  tags: string,
): Promise<FrameSource> {
  const file = at(`${name}.mkv`);
  await ffmpeg(
    ...argv`
      -f lavfi -i color=gray:size=${size}:rate=25 -frames:v 1
      -vf format=${format},geq=lum='${lum}':cb='${cb}':cr='${cr}',setparams=${tags} -c:v ffv1
      -chroma_sample_location left
    `,
    '-color_range',
    tags.includes('range=pc') ? 'pc' : 'tv',
    file,
  );
  return frameSource(file);
}

const ANY = ['random(0)*255', 'random(1)*255', 'random(2)*255'] as const;

describe('samples that RGB cannot hold go around a network', () => {
  it.each([
    ['4:2:0', 'yuv420p', '64x32', 'colorspace=smpte170m'],
    ['4:2:0 of an odd size', 'yuv420p', '33x21', 'colorspace=smpte170m'],
    ['4:2:0 in BT.709 and full range', 'yuv420p', '64x32', 'colorspace=bt709:range=pc'],
  ] as const)('at x1 noise over all code values comes out as it was: %s', async (name, format, size, tags) => {
    const source = await made(name.replace(/\W/g, ''), format, size, ANY, tags);
    const range = source.info.video.color.range;
    const odd = source.info.video.width % 2 === 1;
    const is = await pixels(await throughNearest(source), 'yuv420p', odd ? 'crop=33:21:0:0:exact=1' : 'null');
    const wanted = await pixels(source.file, 'yuv420p', odd ? 'null' : `scale=in_range=${range}:out_range=${range}`);
    // The chroma of an odd edge lies elsewhere.
    const compared = odd ? 33 * 21 : wanted.length;
    expect(furthest(is.subarray(0, compared), wanted.subarray(0, compared))).toBe(0);
  });

  it('at x1 ten bits stay as they were, but for rounding', async () => {
    const source = await made(
      'ten',
      'yuv420p10le',
      '64x32',
      ['random(0)*1023', 'random(1)*1023', 'random(2)*1023'],
      'colorspace=bt709',
    );
    const [is, wanted] = [
      await pixels(await throughNearest(source, { delivered: 10 }), DELIVERED_PIXELS[10]),
      await pixels(source.file, DELIVERED_PIXELS[10]),
    ];
    const samples = ({ length }: Buffer): number[] =>
      Array.from({ length: length / 2 }, (_, i) => Math.abs(is.readUInt16LE(2 * i) - wanted.readUInt16LE(2 * i)));
    expect(Math.max(...samples(wanted))).toBeLessThanOrEqual(1);
  });

  /** Patches of 32 pixels: below black, above white, and four colours outside of RGB. */
  const PATCHES = [
    [4, 128, 128],
    [250, 128, 128],
    [30, 240, 100],
    [200, 60, 220],
    [60, 110, 235],
    [225, 90, 60],
  ] as const;
  const patch = (plane: 0 | 1 | 2, edge: number): string =>
    PATCHES.map((color, i) => `between(X,${i * edge},${(i + 1) * edge - 1})*${color[plane]}`).join('+');

  it('enlarged, plain colours outside of RGB keep their code values', async () => {
    const source = await made(
      'patches',
      'yuv420p',
      '192x32',
      [patch(0, 32), patch(1, 16), patch(2, 16)],
      'colorspace=smpte170m',
    );
    const colors = (frame: Buffer) =>
      PATCHES.map((_, i) => {
        const [y, c] = [32 * 384 + i * 64 + 32, 16 * 192 + i * 32 + 16];
        return [frame[y], frame[384 * 64 + c], frame[384 * 64 * 1.25 + c]].map(Number);
      });
    const is = colors(await pixels(await throughNearest(source, { scale: 2 }), 'yuv420p'));
    for (const [i, color] of PATCHES.entries())
      for (const plane of [0, 1, 2] as const)
        expect(Math.abs((is[i]?.[plane] as number) - color[plane])).toBeLessThanOrEqual(1);
    // Without it they are far away.
    const cut = colors(await pixels(await throughNearest(source, { scale: 2, carry: false }), 'yuv420p'));
    for (const [i, color] of PATCHES.entries())
      expect(Math.max(...color.map((value, plane) => Math.abs(value - (cut[i]?.[plane] as number))))).toBeGreaterThan(
        5,
      );
  });

  it('enlarged, pictures that RGB holds are untouched', async () => {
    const source = await made(
      'inside',
      'yuv420p',
      '96x64',
      ['80+random(0)*100', '128+20*sin(X*6.28/SW/64)', '128+20*cos((X+Y)*6.28/SW/64)'],
      'colorspace=bt709',
    );
    expect(
      (await pixels(await throughNearest(source, { scale: 2 }), 'yuv420p')).equals(
        await pixels(await throughNearest(source, { scale: 2, carry: false }), 'yuv420p'),
      ),
    ).toBe(true);
  });
});

/** Of peaks of 255; of samples that are all equal, infinite. */
function psnr(a: Uint8Array, b: Uint8Array): number {
  const sum = a.reduce((total, sample, i) => total + (sample - (b[i] as number)) ** 2, 0);
  return 10 * Math.log10(255 ** 2 / (sum / a.length));
}

/** Samples of one kind over all frames. */
function planesOf(frames: Buffer, width: number, height: number): { luma: Uint8Array; chroma: Uint8Array } {
  const [luma, frame] = [width * height, width * height * 1.5];
  const cut = (from: number, to: number): Buffer =>
    Buffer.concat(
      Array.from({ length: frames.length / frame }, (_, i) => frames.subarray(i * frame + from, i * frame + to)),
    );
  return { luma: cut(0, luma), chroma: cut(luma, frame) };
}

// Of each, what made it lose more before: blacks below black, saturated edges, noise in full range, chroma as fine as
// its samples.
it.skipIf(!hasSharedMedia).each([
  ['cartoon/sintel-trailer-480x204-aac-52s.mp4', 10],
  ['live/mdn-rabbit-320x240-aac-8s.mp4', 2],
  ['live/iscc-176x144-vorbis-60s.mkv', 1],
  ['live/realshort-320x240-aac-1s.mp4', 0],
  ['hdr/bt709-full-range-720p.mp4', 0],
  ['odd/sar2x1-640x360.mp4', 1],
  ['tracks/chapters2-320x240.mkv', 1],
])(
  'a network that changes nothing keeps a real clip: luma at least 60 dB, chroma at least 54: %s',
  async (name, seconds) => {
    const file = at(`${path.basename(name)}.mkv`);
    await ffmpeg(
      ...argv`
        -ss ${seconds} -i ${sharedFile(path.join('clips', name))} -map 0:v:0 -frames:v 12 -fps_mode passthrough
        -c:v ffv1 ${file}
      `,
    );
    const source = await frameSource(file);
    const { width, height, color } = source.info.video;
    const wanted = planesOf(
      await pixels(
        file,
        'yuv420p',
        color.range === 'full' ? 'scale=in_range=full:out_range=full' : toYuv420(source.info, 8).join(','),
      ),
      width,
      height,
    );
    const is = planesOf(await pixels(await throughNearest(source), 'yuv420p'), width, height);
    expect(is.luma.length).toBe(source.pts.length * width * height);
    expect(psnr(is.luma, wanted.luma)).toBeGreaterThanOrEqual(60);
    expect(psnr(is.chroma, wanted.chroma)).toBeGreaterThanOrEqual(54);
  },
);
