import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { SegmentMismatch } from '../../../src/lib/errors.js';
import { concatList, encodeFromParts, encodeFromSource } from '../../../src/media/encode/encode.js';
import { ffmpeg, hasSharedMedia, makeClip, scratchFolder, sharedFile } from '../../support/media.js';
import {
  decodedPts,
  fastEncode,
  frameDigests,
  frameSource,
  mezzanineParts,
  pixels,
  streams,
} from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const bicubic = { name: 'bicubic', scale: 2 } as const;

describe('encoding from the source', () => {
  it('encodes exactly the frames of its range, enlarged', async () => {
    const source = await frameSource(await makeClip(at('range.mp4'), { seconds: 3 }));
    await encodeFromSource({
      source,
      start: 25,
      end: 60,
      method: bicubic,
      encode: fastEncode,
      output: at('range-part.mp4'),
    });
    const [video] = await streams(at('range-part.mp4'));
    expect(video).toMatchObject({
      codec_name: 'h264',
      width: 320,
      height: 240,
      pix_fmt: 'yuv420p',
      r_frame_rate: '25/1',
    });
    expect(await decodedPts(at('range-part.mp4'))).toHaveLength(35);
    const part = await pixels(at('range-part.mp4'), 'yuv420p', 'scale=160:120:flags=area');
    const wanted = await pixels(source.file, 'yuv420p', 'trim=start_frame=25:end_frame=60');
    expect(meanDistance(part, wanted)).toBeLessThan(4);
  });

  it('gives the same bytes for the same frames, also when the decoder starts elsewhere', async () => {
    const source = await frameSource(await makeClip(at('bytes.mp4'), { seconds: 3 }));
    const oneGop = 12800;
    for (const [name, runIn] of [
      ['a', Infinity],
      ['b', Infinity],
      ['c', oneGop],
    ] as const) {
      await encodeFromSource({
        source: { ...source, runIn },
        start: 40,
        end: 70,
        method: bicubic,
        encode: fastEncode,
        output: at(`bytes-${name}.mp4`),
      });
    }
    const bytes = await readFile(at('bytes-a.mp4'));
    expect(bytes.equals(await readFile(at('bytes-b.mp4')))).toBe(true);
    expect(bytes.equals(await readFile(at('bytes-c.mp4')))).toBe(true);
  });

  it('gives the same bytes whatever lies in memory before', async () => {
    const source = await frameSource(await makeClip(at('memory.mp4'), { seconds: 1.2, size: '200x200' }));
    const encoded: Buffer[] = [];
    try {
      for (const fill of [undefined, '85', '170']) {
        if (fill !== undefined) process.env.MALLOC_PERTURB_ = fill;
        const output = at(`memory-${fill ?? 'none'}.mp4`);
        await encodeFromSource({
          source,
          start: 0,
          end: 30,
          method: bicubic,
          encode: { codec: 'h264', crf: 23, preset: 'fast', threads: 2 },
          output,
        });
        encoded.push(await readFile(output));
      }
    } finally {
      delete process.env.MALLOC_PERTURB_;
    }
    expect(encoded.map((bytes) => bytes.equals(encoded[0] as Buffer))).toEqual([true, true, true]);
  });

  it('refuses a source that decodes to other frames', async () => {
    const source = await frameSource(await makeClip(at('other.mp4'), { seconds: 1 }));
    const pts = source.pts.slice();
    pts[10] = (pts[10] as number) + 1;
    const encode = encodeFromSource({
      source: { ...source, pts },
      start: 0,
      end: 25,
      method: bicubic,
      encode: fastEncode,
      output: at('other-part.mp4'),
    });
    await expect(encode).rejects.toThrow(SegmentMismatch);
  });

  it('tags colours, range, chroma position and pixel shape', async () => {
    const tags = 'setparams=range=pc:color_primaries=bt470bg:color_trc=bt470bg:colorspace=bt470bg';
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=128x96:rate=24000/1001 -vf setsar=64/45,format=yuv420p,${tags} -frames:v 6
        -c:v libx264 -x264-params chromaloc=1 ${at('tags.mp4')}
      `,
    );
    await encodeFromSource({
      source: await frameSource(at('tags.mp4')),
      start: 0,
      end: 6,
      method: bicubic,
      encode: fastEncode,
      output: at('tags-part.mp4'),
    });
    expect((await streams(at('tags-part.mp4')))[0]).toMatchObject({
      color_primaries: 'bt470bg',
      color_transfer: 'bt470bg',
      color_space: 'bt470bg',
      color_range: 'pc',
      chroma_location: 'center',
      sample_aspect_ratio: '64:45',
      r_frame_rate: '24000/1001',
    });
  });

  it('tags an untagged SD source as what players take it for, since the result is HD', async () => {
    const source = await frameSource(await makeClip(at('sd.mp4'), { seconds: 0.2, size: '720x576' }));
    await encodeFromSource({
      source,
      start: 0,
      end: 5,
      method: bicubic,
      encode: fastEncode,
      output: at('sd-part.mp4'),
    });
    expect((await streams(at('sd-part.mp4')))[0]).toMatchObject({
      color_space: 'bt470bg',
      color_primaries: 'bt470bg',
      color_range: 'tv',
      chroma_location: 'left',
    });
  });

  it.each(['yuv420p', 'yuv422p', 'yuv444p'])('keeps the colours of %s where its luma is', async (format) => {
    // The same ramp in luma and chroma, 3 code values a pixel: chroma that moves against luma shows as a constant
    // difference.
    const ramp = `format=${format},geq=lum='16+X*3':cb='16+X/SW*3':cr=128`;
    await ffmpeg(
      ...argv`-f lavfi -i color=gray:size=64x32:rate=25 -frames:v 1 -vf ${ramp} -c:v ffv1`,
      at(`ramp-${format}.mkv`),
    );
    const source = await frameSource(at(`ramp-${format}.mkv`));
    await encodeFromSource({
      source,
      start: 0,
      end: 1,
      method: { name: 'bicubic', scale: 4 },
      encode: { ...fastEncode, crf: 0 },
      output: at(`ramp-${format}.mp4`),
    });
    const [w, h] = [256, 128];
    const frame = await pixels(at(`ramp-${format}.mp4`), 'yuv420p');
    let difference = 0;
    for (let x = 20; x < 108; x++)
      difference += ((frame[w * h + 32 * (w / 2) + x] as number) - (frame[64 * w + 2 * x] as number)) / 88;
    // A tenth of a source pixel.
    expect(Math.abs(difference)).toBeLessThan(0.3);
  });

  it('repeats the edge of an odd size', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=64x48:rate=25 -frames:v 3 -vf format=yuv444p,crop=51:37 -c:v ffv1 ${at('odd.mkv')}
      `,
    );
    const encode = { ...fastEncode, crf: 0 };
    await encodeFromSource({
      source: await frameSource(at('odd.mkv')),
      start: 0,
      end: 3,
      method: { name: 'lanczos', scale: 3 },
      encode,
      output: at('odd.mp4'),
    });
    const luma = await pixels(at('odd.mp4'), 'gray', "select='eq(n,0)',extractplanes=y");
    const [w, h] = [154, 112];
    expect(luma).toHaveLength(w * h);
    for (let y = 0; y < h; y++)
      expect(Math.abs((luma[y * w + w - 1] as number) - (luma[y * w + w - 2] as number))).toBeLessThanOrEqual(2);
    expect(meanDistance(luma.subarray((h - 1) * w), luma.subarray((h - 2) * w, (h - 1) * w))).toBeLessThan(1);
  });

  it.each(['yuv420p', 'yuv422p', 'yuv444p'])(
    'leaves no dark line at the edges of an odd size in %s',
    async (format) => {
      await ffmpeg(
        ...argv`
          -f lavfi -i color=white:size=52x38:rate=25 -frames:v 1 -vf format=yuv444p,crop=51:37,format=${format}
          -c:v ffv1
        `,
        at(`white-${format}.mkv`),
      );
      await encodeFromSource({
        source: await frameSource(at(`white-${format}.mkv`)),
        start: 0,
        end: 1,
        method: { name: 'bicubic', scale: 3 },
        encode: { ...fastEncode, crf: 0 },
        output: at(`white-${format}.mp4`),
      });
      const luma = await pixels(at(`white-${format}.mp4`), 'gray', 'extractplanes=y');
      expect(luma).toHaveLength(154 * 112);
      expect(Math.min(...luma)).toBeGreaterThanOrEqual(233);
    },
  );

  it('stops when asked to', async () => {
    const source = await frameSource(await makeClip(at('stop.mp4'), { seconds: 4, size: '640x480' }));
    const controller = new AbortController();
    const encode = encodeFromSource({
      source,
      start: 0,
      end: 100,
      method: { name: 'bicubic', scale: 4 },
      encode: { ...fastEncode, preset: 'slow' },
      output: at('stop-part.mp4'),
      signal: controller.signal,
      onFrame: () => {
        controller.abort(new Error('enough'));
      },
    });
    await expect(encode).rejects.toThrow('enough');
  });

  it.skipIf(!hasSharedMedia)('encodes a variable-rate screen recording frame by frame', async () => {
    const source = await frameSource(sharedFile('clips/timing/screenrec-3026x1386-vfr.mp4'));
    const encode = { ...fastEncode, preset: 'ultrafast' as const };
    await encodeFromSource({
      source,
      start: 10,
      end: 30,
      method: { name: 'bicubic', scale: 1 },
      encode,
      output: at('vfr.mp4'),
    });
    expect(await decodedPts(at('vfr.mp4'))).toHaveLength(20);
  });
});

describe('encoding from the mezzanine', () => {
  const mezzanine = (name: string, lengths: number[]) => mezzanineParts(folder, name, lengths);

  it('joins several parts and takes its range out of them', async () => {
    const { clip, request } = await mezzanine('join', [30, 7, 40]);
    const encode = { ...fastEncode, crf: 0 };
    await encodeFromParts({ ...request, start: 110, end: 150, encode, output: at('join.mp4') });
    expect(await frameDigests(at('join.mp4'))).toEqual((await frameDigests(clip)).slice(10, 50));
  });

  it('gives the same bytes however the frames are divided into parts', async () => {
    const { request: one } = await mezzanine('one', [50]);
    const { request: many } = await mezzanine('many', [13, 21, 16]);
    await encodeFromParts({ ...one, start: 100, end: 150, encode: fastEncode, output: at('one.mp4') });
    await encodeFromParts({ ...many, start: 100, end: 150, encode: fastEncode, output: at('many.mp4') });
    expect((await readFile(at('one.mp4'))).equals(await readFile(at('many.mp4')))).toBe(true);
  });

  it('refuses parts that do not hold all its frames', async () => {
    const { request } = await mezzanine('short', [20]);
    await expect(
      encodeFromParts({ ...request, start: 100, end: 130, encode: fastEncode, output: at('short.mp4') }),
    ).rejects.toThrow('20 frames instead of 30');
  });

  it('quotes names in its list', () => {
    expect(concatList(["/a b/it's.nut"])).toBe("ffconcat version 1.0\nfile 'file:/a b/it'\\''s.nut'\n");
    expect(() => concatList(['/a\nb.nut'])).toThrow(RangeError);
  });
});

function meanDistance(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}
