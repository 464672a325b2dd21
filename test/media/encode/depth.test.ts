import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BitDepth } from '../../../src/job/pictureSpec.js';
import type { EncodeSpec, Pixels } from '../../../src/job/spec.js';
import { argv } from '../../../src/lib/argv.js';
import { encodeFromParts, encodeFromSource } from '../../../src/media/encode/encode.js';
import { encoderOptions, probeEncoder } from '../../../src/media/encode/encoders.js';
import { depthWarning } from '../../../src/media/encode/level.js';
import { startFfmpeg } from '../../../src/media/ffmpeg/runFfmpeg.js';
import { decodeToPlanarArgs, formatFor, mezzanineArgs } from '../../../src/media/intermediate/networkFrames.js';
import { DELIVERED_PIXELS } from '../../../src/media/picture/color.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { fastEncode, frameSource, pixels, streams } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const [WIDTH, HEIGHT] = [256, 64];

/** A gradient so slow that each 8-bit value of luma spans 16 pixels, chroma's even more. `bits` of 10 or 12. */
async function gradient(bits: 10 | 12): Promise<FrameSource> {
  const unit = 2 ** (bits - 10);
  const file = at(`gradient${bits}.mkv`);
  const planes = `lum='${unit}*(300+X/4)':cb='${unit}*(512+X/8)':cr='${unit}*(500-X/8)'`;
  await ffmpeg(
    ...argv`
      -f lavfi -i color=gray:size=${WIDTH}x${HEIGHT}:rate=25 -frames:v 2
      -vf format=yuv420p${bits}le,geq=${planes},setparams=colorspace=bt709 -c:v ffv1 ${file}
    `,
  );
  return frameSource(file);
}

/** Through the conversions that a network sees, which itself changes nothing. @returns the mezzanine. */
async function throughNetwork(source: FrameSource, bitDepth: BitDepth, pixelsOf: Pixels = 'rgb'): Promise<string> {
  const output = at(`${path.basename(source.file)}-${bitDepth}.nut`);
  const format = formatFor(source.info, pixelsOf, bitDepth);
  const decoder = startFfmpeg(decodeToPlanarArgs(source, 0, 2, format), { stdout: 'pipe', onPts: () => undefined });
  const encoder = startFfmpeg([...mezzanineArgs(source.info, format, source.info.video, 1, bitDepth), output], {
    stdin: 'pipe',
  });
  if (!decoder.stdout || !encoder.stdin) throw new Error('no pipe');
  await Promise.all([pipeline(decoder.stdout, encoder.stdin), decoder.done, encoder.done]);
  return output;
}

/** Samples of the first frame's planes in 10-bit code values, each plane on its own. */
async function planes(file: string, bits: 8 | 10 | 12, scale = 1): Promise<number[][]> {
  const bytes = await pixels(file, bits === 12 ? 'yuv420p12le' : DELIVERED_PIXELS[bits], "select='eq(n,0)'");
  const samples = Array.from(
    { length: bits === 8 ? bytes.length : bytes.length / 2 },
    (_, i) => (bits === 8 ? (bytes[i] as number) : bytes.readUInt16LE(2 * i)) * 2 ** (10 - bits),
  );
  const luma = WIDTH * HEIGHT * scale ** 2;
  return [samples.slice(0, luma), samples.slice(luma, luma * 1.25), samples.slice(luma * 1.25, luma * 1.5)];
}

const mean = (samples: readonly number[]): number => samples.reduce((sum, sample) => sum + sample, 0) / samples.length;

/** Means of 16 stripes of a plane, each as wide as one step of 8 bits in luma. */
function stripes(samples: readonly number[], width: number): number[] {
  const height = samples.length / width;
  const columns = Array.from({ length: width }, (_, x) =>
    mean(Array.from({ length: height }, (_, y) => samples[y * width + x] as number)),
  );
  return Array.from({ length: 16 }, (_, i) => mean(columns.slice((i * width) / 16, ((i + 1) * width) / 16)));
}

/**
 * Furthest that a stripe's mean is from the source's, in 10-bit code values, the outermost left out. Samples that are
 * cut instead of dithered are 1.5 darker; rounded, up to 2 brighter or darker.
 */
function furthest(samples: readonly number[], source: readonly number[], scale = 1): number {
  const [is, wanted] = [stripes(samples, widthOf(samples, scale)), stripes(source, widthOf(source, 1))];
  return Math.max(...is.slice(1, -1).map((value, i) => Math.abs(value - (wanted[i + 1] as number))));
}

const widthOf = (samples: readonly number[], scale: number): number =>
  (samples.length === WIDTH * HEIGHT * scale ** 2 ? WIDTH : WIDTH / 2) * scale;

describe('ten bits', () => {
  let source: FrameSource;
  let wanted: number[][];
  beforeAll(async () => {
    source = await gradient(10);
    wanted = await planes(source.file, 10);
  });

  it('become 8 by dithering on the way through a network: no band differs from the gradient', async () => {
    const [luma = [], cb = []] = await planes(await throughNetwork(source, 8), 8);
    expect(furthest(luma, wanted[0] as number[])).toBeLessThan(0.25);
    expect(furthest(cb, wanted[1] as number[])).toBeLessThan(0.5);
    expect(new Set(luma.slice(8, 16)).size).toBeGreaterThan(1);
  });

  it.each(['bicubic', 'lanczos'] as const)('become 8 by dithering in %s', async (name) => {
    await encodeFromSource({
      source,
      start: 0,
      end: 2,
      method: { name, scale: 2 },
      encode: { ...fastEncode, crf: 0 },
      output: at(`${name}.mp4`),
    });
    expect((await streams(at(`${name}.mp4`)))[0]).toMatchObject({ codec_name: 'h264', pix_fmt: 'yuv420p' });
    const [luma = [], cb = []] = await planes(at(`${name}.mp4`), 8, 2);
    expect(furthest(luma, wanted[0] as number[], 2)).toBeLessThan(0.25);
    expect(furthest(cb, wanted[1] as number[], 2)).toBeLessThan(0.5);
    expect(new Set(luma.slice(16, 32)).size).toBeGreaterThan(1);
  });

  it('stay ten bits through a network where the result has them: each sample within one', async () => {
    const is = await planes(await throughNetwork(source, 10), 10);
    for (const [i, plane] of is.entries())
      expect(Math.max(...plane.map((sample, k) => Math.abs(sample - (wanted[i]?.[k] as number))))).toBeLessThanOrEqual(
        1,
      );
  });

  it('of a twelve-bit source are dithered too', async () => {
    const twelve = await gradient(12);
    expect(twelve.info.video.bitDepth).toBe(12);
    const [exact = []] = await planes(twelve.file, 12);
    const [luma = []] = await planes(await throughNetwork(twelve, 10), 10);
    expect(furthest(luma, exact)).toBeLessThan(0.1);
    await encodeFromSource({
      source: twelve,
      start: 0,
      end: 2,
      method: { name: 'bicubic', scale: 1 },
      encode: { ...fastEncode, crf: 0 },
      bitDepth: 10,
      output: at('twelve.mp4'),
    });
    const [filtered = []] = await planes(at('twelve.mp4'), 10);
    expect(furthest(filtered, exact)).toBeLessThan(0.1);
  });

  it('are kept losslessly in between, and encoded as High 10 and Main 10', async () => {
    const file = await throughNetwork(source, 10);
    expect((await streams(file))[0]).toMatchObject({ codec_name: 'ffvhuff', pix_fmt: 'yuv420p10le' });
    const request = {
      parts: [{ file, start: 0, end: 2 }],
      start: 0,
      end: 2,
      info: source.info,
      width: WIDTH,
      height: HEIGHT,
      bitDepth: 10,
    } as const;
    await encodeFromParts({ ...request, encode: { ...fastEncode, crf: 0 }, output: at('high10.mp4') });
    expect((await streams(at('high10.mp4')))[0]).toMatchObject({
      codec_name: 'h264',
      codec_tag_string: 'avc1',
      pix_fmt: 'yuv420p10le',
    });
    for (const [i, plane] of (await planes(at('high10.mp4'), 10)).entries())
      expect(mean(plane)).toBeCloseTo(mean((await planes(file, 10))[i] as number[]), 0);
    await encodeFromParts({ ...request, encode: { ...fastEncode, codec: 'h265', crf: 10 }, output: at('main10.mp4') });
    expect((await streams(at('main10.mp4')))[0]).toMatchObject({
      codec_name: 'hevc',
      profile: 'Main 10',
      pix_fmt: 'yuv420p10le',
    });
  });
});

describe('encoders of ten bits', () => {
  it.each(['h264', 'h265', 'av1'] as const)('%s can be made on this machine', async (codec) => {
    await expect(probeEncoder({ ...fastEncode, codec }, { chroma: 'left', bitDepth: 10 })).resolves.toBeUndefined();
  });

  it('in the graphics card get their own kind of ten bits', () => {
    const encode: EncodeSpec = { ...fastEncode, codec: 'h265' };
    expect(encoderOptions({ ...encode, hardware: 'nvenc' }, { chroma: 'left', bitDepth: 10 }).filters).toEqual([
      'format=p010le',
    ]);
    expect(encoderOptions({ ...encode, hardware: 'vaapi' }, { chroma: 'left', bitDepth: 10 }).filters).toEqual([
      'format=p010',
      'hwupload',
    ]);
  });

  it('are warned of where browsers may refuse them', () => {
    expect(depthWarning('h264', 10)).toMatch(/^10-bit H.264: browsers.* refuse it.*--codec h265 or av1/);
    expect(depthWarning('h265', 10)).toMatch(/browsers may refuse it/);
    expect([depthWarning('av1', 10), depthWarning('h264', 8)]).toEqual([undefined, undefined]);
  });
});
