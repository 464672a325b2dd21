import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { reduced } from '../../../src/lib/rational.js';
import { compareVideos } from '../../../src/media/compare/compare.js';
import { encodeFromSource } from '../../../src/media/encode/encode.js';
import { startFfmpeg } from '../../../src/media/ffmpeg/runFfmpeg.js';
import { decodeToPlanarArgs, mezzanineArgs } from '../../../src/media/intermediate/networkFrames.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { deliverableShape, resizeTo } from '../../../src/media/picture/shape.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { fastEncode, frameSource, streams } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

const pal = { width: 720, height: 576, sampleAspectRatio: { num: 64, den: 45 } };
const ntsc = { width: 720, height: 480, sampleAspectRatio: { num: 8, den: 9 } };
const square = { width: 1920, height: 802, sampleAspectRatio: { num: 1, den: 1 } };

describe('the shape of the result', () => {
  it.each([
    ['as the scale gives it', pal, 2, {}, '1440x1152 64:45'],
    ['an odd side is one pixel longer', { ...square, width: 5, height: 3 }, 1, {}, '6x4 1:1'],
    ['square pixels: the width grows', pal, 2, { squarePixels: true }, '2048x1152 1:1'],
    [
      'square pixels: of pixels that are higher than wide the height grows',
      ntsc,
      2,
      { squarePixels: true },
      '1440x1080 1:1',
    ],
    [
      'square pixels: of square ones nothing changes',
      { ...square, width: 5, height: 3 },
      1,
      { squarePixels: true },
      '6x4 1:1',
    ],
    ['an exact size keeps the shape on the screen', pal, 2, { target: { width: 1000, height: 500 } }, '1000x500 8:9'],
    ['lines: pixels stay as they are', pal, 2, { target: { height: 1080 } }, '1350x1080 64:45'],
    ['lines and square pixels', pal, 2, { target: { height: 1080 }, squarePixels: true }, '1920x1080 1:1'],
    ['lines of a wide film', square, 4, { target: { height: 2160 } }, '5172x2160 1:1'],
    [
      'an exact size and square pixels: the largest that fits in',
      pal,
      4,
      { target: { width: 2880, height: 2304 }, squarePixels: true },
      '2880x1620 1:1',
    ],
  ] as const)('%s', (_, source, scale, wishes, expected) => {
    const {
      width,
      height,
      sampleAspectRatio: { num, den },
    } = deliverableShape(source, scale, wishes);
    expect(`${width}x${height} ${num}:${den}`).toBe(expected);
  });

  it('has a pixel shape that streams can hold', () => {
    expect(reduced(64 * 2, 45 * 2)).toEqual({ num: 64, den: 45 });
    const { num, den } = reduced(1_000_003, 999_983);
    expect(Math.max(num, den)).toBeLessThanOrEqual(65_535);
    expect(Math.abs(num / den - 1_000_003 / 999_983)).toBeLessThan(1e-9);
  });

  it('asks for no resize where the pictures have it already', () => {
    expect(resizeTo(deliverableShape(pal, 2, {}), pal, 2)).toBeUndefined();
    expect(resizeTo(deliverableShape(pal, 2, { target: { width: 1440, height: 1152 } }), pal, 2)).toBeUndefined();
    expect(resizeTo(deliverableShape(pal, 2, { squarePixels: true }), pal, 2)).toEqual({ width: 2048, height: 1152 });
  });
});

describe('resized pictures', () => {
  let source: FrameSource;
  const size = { width: 234, height: 130 };
  // Smooth in luma and chroma, and moving: a chroma plane that is half a pixel off shows.
  const motion =
    'nullsrc=size=160x120:rate=25:duration=0.2,format=yuv420p,' +
    "geq=lum='128+40*sin((X+3*N)/9)*cos(Y/11)':cb='128+30*sin((X-2*N)/5)':cr='128+30*cos((Y+N)/6)'";

  beforeAll(async () => {
    await ffmpeg(...argv`-f lavfi -i ${motion} -vf setsar=64/45 -c:v libx264 -qp 0 -g 5 ${at('source.mp4')}`);
    source = await frameSource(at('source.mp4'));
    // What an ideal conversion gives, made independently of the project's: each plane by itself, both chroma planes
    // lying left.
    await ffmpeg(
      ...argv`
        -i ${at('source.mp4')} -vf zscale=w=234:h=130:cin=left:c=left:f=lanczos -c:v ffv1 ${at('reference.mkv')}
      `,
    );
  });

  /** The mezzanine of a network that changes nothing. */
  async function mezzanine(pixels: 'rgb' | 'luma', output: string): Promise<string> {
    const format = { pixels, bitDepth: 8 } as const;
    const { width, height } = source.info.video;
    const decoder = startFfmpeg(decodeToPlanarArgs(source, 0, 5, format), { stdout: 'pipe', onPts: () => undefined });
    const encoder = startFfmpeg([...mezzanineArgs(source.info, format, { width, height }, 1, 8, size), output], {
      stdin: 'pipe',
      ...(pixels === 'luma' && { side: 'pipe' as const }),
    });
    const { stdin, side } = encoder;
    if (!decoder.stdout || !stdin) throw new Error('no pipe');
    if (side) {
      const frames: Buffer[] = [];
      for await (const chunk of decoder.stdout) frames.push(chunk as Buffer);
      const [bytes, frame] = [Buffer.concat(frames), width * height * 1.5];
      const lumas = Array.from({ length: 5 }, (_, i) => bytes.subarray(i * frame, i * frame + width * height));
      stdin.end(Buffer.concat(lumas));
      side.end(bytes);
    } else {
      await pipeline(decoder.stdout, stdin);
    }
    await Promise.all([decoder.done, encoder.done]);
    return output;
  }

  async function nearness(file: string): Promise<Record<string, number>> {
    const { series } = await compareVideos(at('reference.mkv'), file);
    return Object.fromEntries(
      series.flatMap(({ measure, plane = '', values }) => (measure === 'psnr' ? [[plane, Math.min(...values)]] : [])),
    );
  }

  it.each(['rgb', 'luma'] as const)('of a network on %s have their colours in place', async (pixels) => {
    const file = await mezzanine(pixels, at(`${pixels}.nut`));
    expect((await streams(file))[0]).toMatchObject({ width: 234, height: 130 });
    const { y = 0, u = 0, v = 0 } = await nearness(file);
    expect(y).toBeGreaterThan(45);
    expect(Math.min(u, v)).toBeGreaterThan(50);
  });

  it('of a filter are scaled once, and shown in the same shape', async () => {
    const output = at('filter.mp4');
    const shape = deliverableShape(source.info.video, 2, { target: size });
    await encodeFromSource({
      source,
      start: 0,
      end: 5,
      method: { name: 'lanczos', scale: 2, size },
      ...shape,
      encode: { ...fastEncode, crf: 1 },
      output,
    });
    const {
      width,
      height,
      sample_aspect_ratio: pixel,
    } = (await streams(output))[0] as unknown as { width: number; height: number; sample_aspect_ratio: string };
    const [num = 0, den = 1] = pixel.split(':').map(Number);
    expect([width, height]).toEqual([234, 130]);
    expect((width * num) / (height * den)).toBeCloseTo((160 * 64) / (120 * 45), 6);
    const { y = 0, u = 0, v = 0 } = await nearness(output);
    expect(y).toBeGreaterThan(45);
    expect(Math.min(u, v)).toBeGreaterThan(50);
  });
});
