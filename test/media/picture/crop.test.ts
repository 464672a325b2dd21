import path from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { encodeFromSource } from '../../../src/media/encode/encode.js';
import { startFfmpeg } from '../../../src/media/ffmpeg/runFfmpeg.js';
import { decodeToPlanarArgs } from '../../../src/media/intermediate/networkFrames.js';
import { checkCrop, chromaStep, croppedInfo, formatWindow } from '../../../src/media/picture/crop.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { detectCrop } from '../../../src/media/source/detectCrop.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { fastEncode, frameDigests, frameSource } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const window = { x: 10, y: 6, width: 40, height: 32 };

describe('a rectangle', () => {
  const video = (pixelFormat: string) => ({ width: 96, height: 72, pixelFormat }) as Parameters<typeof checkCrop>[1];

  it.each([
    ['yuv420p', 2, 2],
    ['yuvj420p', 2, 2],
    ['yuv420p10le', 2, 2],
    ['nv12', 2, 2],
    ['p010le', 2, 2],
    ['yuv422p', 2, 1],
    ['yuyv422', 2, 1],
    ['nv16', 2, 1],
    ['yuv440p', 1, 2],
    ['yuv411p', 4, 1],
    ['yuv410p', 4, 4],
    ['yuv444p', 1, 1],
    ['gbrp', 1, 1],
    ['rgb24', 1, 1],
    ['gray10le', 1, 1],
  ])('lies on whole chroma samples: %s', (pixelFormat, across, down) => {
    expect(chromaStep(pixelFormat)).toEqual([across, down]);
  });

  it('is refused with what to choose where it begins between them', () => {
    expect(() => {
      checkCrop({ ...window, x: 11, y: 7 }, video('yuv420p'));
    }).toThrow('--crop 40x32+11+7 begins between the colour samples of yuv420p: choose 40x32+10+6');
    expect(() => {
      checkCrop({ ...window, x: 11, y: 7 }, video('yuv444p'));
    }).not.toThrow();
    expect(() => {
      checkCrop({ ...window, y: 7 }, video('yuv422p'));
    }).not.toThrow();
  });

  it('is refused where it is not within the picture', () => {
    expect(() => {
      checkCrop({ ...window, x: 58 }, video('yuv420p'));
    }).toThrow('--crop 40x32+58+6 is not within the picture, which is 96x72');
    expect(() => {
      checkCrop({ ...window, y: 42 }, video('yuv420p'));
    }).toThrow('is not within the picture');
    expect(() => {
      checkCrop({ x: 0, y: 0, width: 96, height: 72 }, video('yuv420p'));
    }).not.toThrow();
  });
});

describe('cropped pictures', () => {
  const cropped = async (name: string): Promise<FrameSource> => {
    const source = await frameSource(at(name));
    return { ...source, info: croppedInfo(source.info, window) };
  };
  const filter = 'crop=w=40:h=32:x=10:y=6:exact=1';

  it('of the filters are the pixels of that place', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=96x72:rate=25:duration=0.4 -vf setsar=64/45 -c:v libx264 -pix_fmt yuv420p -g 5
        ${at('420.mkv')}
      `,
    );
    const source = await cropped('420.mkv');
    await encodeFromSource({
      source,
      start: 2,
      end: 8,
      method: { name: 'bicubic', scale: 1 },
      encode: { ...fastEncode, crf: 0 },
      output: at('420.mp4'),
    });
    expect(await frameDigests(at('420.mp4'))).toEqual((await frameDigests(at('420.mkv'), filter)).slice(2, 8));
    expect(source.info.video.sampleAspectRatio).toEqual({ num: 64, den: 45 });
  });

  it.each([
    ['luma', 'yuv420p', [1, 2, 2]],
    ['rgb', 'yuv444p', [1, 1, 1]],
  ] as const)('of %s networks are the pixels of that place', async (kind, stored, divisors) => {
    const name = `${kind}.mkv`;
    await ffmpeg(
      ...argv`-f lavfi -i testsrc2=size=96x72:rate=25:duration=0.2 -c:v ffv1 -pix_fmt ${stored} ${at(name)}`,
    );
    const decode = async (source: FrameSource): Promise<Buffer> => {
      const run = startFfmpeg(decodeToPlanarArgs(source, 1, 4, { pixels: kind, bitDepth: 8 }), {
        stdout: 'pipe',
        onPts: () => undefined,
      });
      const [data] = await Promise.all([buffer(run.stdout as Readable), run.done]);
      return data;
    };
    const whole = await decode(await frameSource(at(name)));
    expect((await decode(await cropped(name))).equals(cutOut(whole, divisors))).toBe(true);
  });

  /** The window of every plane of raw pictures of 96x72; planes are smaller by the divisors. */
  function cutOut(pictures: Buffer, divisors: readonly number[]): Buffer {
    const rows: Buffer[] = [];
    for (let plane = 0, start = 0; start < pictures.length; plane++) {
      const by = divisors[plane % divisors.length] as number;
      for (let y = window.y / by; y < (window.y + window.height) / by; y++) {
        const from = start + y * (96 / by) + window.x / by;
        rows.push(pictures.subarray(from, from + window.width / by));
      }
      start += (96 / by) * (72 / by);
    }
    return Buffer.concat(rows);
  }
});

describe('black borders', () => {
  const found = async (name: string): Promise<string | undefined> => {
    const crop = await detectCrop(at(name), await probeSource(at(name)));
    return crop && formatWindow(crop);
  };
  const make = (name: string, filters: string, ...output: string[]) =>
    ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=96x54:rate=10:duration=2,${filters} -c:v libx264 -preset veryfast -crf 20
        -pix_fmt yuv420p ${output} ${at(name)}
      `,
    );
  const letterbox = 'pad=100:72:2:8:black';

  it('are found, in limited and in full range', async () => {
    await make('box.mp4', letterbox);
    expect(await found('box.mp4')).toBe('96x54+2+8');
    await make('full.mp4', `${letterbox},scale=out_range=full`, '-color_range', 'pc');
    expect(await found('full.mp4')).toBe('96x54+2+8');
  });

  it('are not where there are none', async () => {
    await make('none.mp4', 'null');
    expect(await found('none.mp4')).toBeUndefined();
  });

  it('are what every scene leaves black: a dark one cuts nothing off, a black one says nothing', async () => {
    // Only a lit window for the first half, a picture that is hardly lit for a moment, and black at the end.
    const dark =
      "drawbox=color=black:t=fill:enable='gte(t,1.5)',pad=100:72:2:8:black," +
      "drawbox=y=20:x=30:w=40:h=20:color=black:t=30:enable='lt(t,0.5)'";
    await make('dark.mp4', dark);
    expect(await found('dark.mp4')).toBe('96x54+2+8');
    await make('dim.mp4', "lutyuv=y='16+(val-16)/8',crop=96:54,pad=100:72:2:8:black");
    expect(await found('dim.mp4')).toBe('96x54+2+8');
    await make('black.mp4', 'drawbox=color=black:t=fill');
    expect(await found('black.mp4')).toBeUndefined();
    await make('spot.mp4', 'drawbox=color=black:t=fill,drawbox=x=40:y=20:w=16:h=8:color=white:t=fill');
    expect(await found('spot.mp4')).toBeUndefined();
  });

  it('are looked for all over a longer video', async () => {
    // What lies in the border is shown for two of twelve seconds.
    const text = "pad=96:72:0:8:black,drawbox=x=30:y=64:w=40:h=4:color=white:t=fill:enable='between(t,7,9)'";
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=96x54:rate=5:duration=12,${text} -c:v libx264 -preset veryfast -g 5 -pix_fmt yuv420p
        ${at('long.mp4')}
      `,
    );
    expect(await found('long.mp4')).toBe('96x60+0+8');
  });
});
