import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeTimeline, encodeTimeline } from '../../../src/job/timeline.js';
import { argv } from '../../../src/lib/argv.js';
import { concatParts } from '../../../src/media/encode/concat.js';
import { encodeFromSource } from '../../../src/media/encode/encode.js';
import { deliveredTimeline } from '../../../src/media/picture/cfrTimeline.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { ffmpeg, hasSharedMedia, makeClip, scratchFolder, sharedFile } from '../../support/media.js';
import { decodedPts, fastEncode, frameDigests, frameSource, streams } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const ranges = [
  [0, 20],
  [20, 21],
  [21, 50],
] as const;
const square = { num: 1, den: 1 };
const method = { name: 'bicubic', scale: 1 } as const;

async function encodeParts(
  source: FrameSource,
  name: string,
  spans: readonly (readonly [number, number])[] = ranges,
): Promise<string[]> {
  const parts = [];
  for (const [start, end] of spans) {
    const output = at(`${name}-${start}.mp4`);
    await encodeFromSource({ source, start, end, method, encode: fastEncode, output });
    parts.push(output);
  }
  return parts;
}

describe('joining parts', () => {
  let source: FrameSource;
  let parts: string[];
  beforeAll(async () => {
    source = await frameSource(await makeClip(at('film.mp4'), { rate: '24000/1001', seconds: 2.1 }));
    parts = await encodeParts(source, 'film');
  });
  const request = () => ({
    parts,
    pts: Float64Array.from({ length: 50 }, (_, i) => i * 1001),
    timebase: { num: 1, den: 24000 },
    lastDuration: 1001,
    sampleAspectRatio: square,
  });

  it('keeps every picture and gives every frame its exact time', async () => {
    const result = await concatParts({ ...request(), output: at('joined.mp4') });
    const expected = (await Promise.all(parts.map((part) => frameDigests(part)))).flat();
    expect(await frameDigests(at('joined.mp4'))).toEqual(expected);
    expect(result.frames).toBe(50);
    expect((await streams(at('joined.mp4')))[0]).toMatchObject({
      codec_tag_string: 'avc1',
      time_base: '1/24000',
      r_frame_rate: '24000/1001',
      avg_frame_rate: '24000/1001',
      nb_frames: '50',
      duration_ts: 50 * 1001,
      has_b_frames: 2,
    });
    expect(await decodedPts(at('joined.mp4'))).toEqual([...request().pts]);
  });

  it('starts at zero wherever the timeline starts', async () => {
    const { pts, ...rest } = request();
    await concatParts({ ...rest, pts: pts.map((value) => value + 123_457), output: at('late.mp4') });
    expect(await decodedPts(at('late.mp4'))).toEqual([...pts]);
  });

  it('keeps a variable rate and the length of the last frame, in a timebase whose numerator is not 1', async () => {
    let time = 0;
    const pts = Float64Array.from({ length: 50 }, (_, i) => (time += 1 + ((i * 7) % 13)));
    await concatParts({
      parts,
      pts,
      timebase: { num: 3, den: 10_000 },
      lastDuration: 777,
      sampleAspectRatio: square,
      output: at('vfr.mp4'),
    });
    expect(await decodedPts(at('vfr.mp4'))).toEqual([...pts].map((value) => (value - (pts[0] as number)) * 3));
    expect((await streams(at('vfr.mp4')))[0]).toMatchObject({
      time_base: '1/10000',
      duration_ts: (time - (pts[0] as number) + 777) * 3,
    });
  });

  it('does not drift over 500 parts', async () => {
    const many = Array.from({ length: 500 }, () => parts[0] as string);
    const pts = Float64Array.from({ length: 10_000 }, (_, i) => i * 1001);
    await concatParts({ ...request(), parts: many, pts, output: at('many.mp4') });
    const decoded = await decodedPts(at('many.mp4'));
    expect(decoded).toHaveLength(10_000);
    expect(decoded.every((value, i) => value === i * 1001)).toBe(true);
  });

  it('gives a film in milliseconds its exact rate again', async () => {
    await ffmpeg('-i', source.file, '-c', 'copy', at('film.mkv'));
    const { pts, info } = await frameSource(at('film.mkv'));
    const timeline = deliveredTimeline(
      encodeTimeline(pts.slice(0, 50), info.video.timebase, 42),
      info.video.frameRate,
    );
    await concatParts({
      parts,
      pts: decodeTimeline(timeline),
      timebase: timeline.timebase,
      lastDuration: timeline.lastDuration,
      sampleAspectRatio: square,
      output: at('regained.mp4'),
    });
    expect((await streams(at('regained.mp4')))[0]).toMatchObject({
      avg_frame_rate: '24000/1001',
      duration_ts: 50 * 1001 * (timeline.timebase.den / 24000),
    });
  });

  it('refuses parts with other parameter sets', async () => {
    await ffmpeg(...argv`-i ${source.file} -frames:v 29 -an -c:v libx264 -preset medium ${at('foreign.mp4')}`);
    await expect(
      concatParts({ ...request(), parts: [...parts.slice(0, 2), at('foreign.mp4')], output: at('bad.mp4') }),
    ).rejects.toThrow('other parameter sets');
  });

  it('refuses parts that hold more or fewer frames than the timeline', async () => {
    await expect(concatParts({ ...request(), parts: parts.slice(0, 2), output: at('few.mp4') })).rejects.toThrow(
      '21 frames, but the timeline has 50',
    );
    await expect(
      concatParts({ ...request(), parts: [...parts, parts[1] as string], output: at('more.mp4') }),
    ).rejects.toThrow('more frames than the 50');
  });

  it('stops when asked to', async () => {
    await expect(
      concatParts({ ...request(), output: at('stop.mp4'), signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
  });

  it('opens names with blanks and dashes', async () => {
    const odd = at("-odd name's.mp4");
    await copyFile(parts[0] as string, odd);
    await concatParts({ ...request(), parts: [odd], pts: request().pts.slice(0, 20), output: at('-out put.mp4') });
    expect(await decodedPts(at('-out put.mp4'))).toHaveLength(20);
  });
});

describe.skipIf(!hasSharedMedia)('joining parts of real clips', () => {
  it('keeps the times of a film in milliseconds whose third frame comes late', async () => {
    const source = await frameSource(sharedFile('clips/live/iscc-176x144-vorbis-60s.mkv'));
    const parts = await encodeParts(source, 'iscc', [
      [0, 750],
      [750, 1441],
    ]);
    const timeline = deliveredTimeline(
      encodeTimeline(source.pts, source.info.video.timebase, 42),
      source.info.video.frameRate,
    );
    await concatParts({
      parts,
      pts: decodeTimeline(timeline),
      timebase: timeline.timebase,
      lastDuration: timeline.lastDuration,
      sampleAspectRatio: square,
      output: at('iscc.mp4'),
    });
    expect(await decodedPts(at('iscc.mp4'))).toEqual([...source.pts].map((ms) => ms * 16));
  });

  it('keeps the times of a screen recording', async () => {
    const source = await frameSource(sharedFile('clips/timing/screenrec-3026x1386-vfr.mp4'));
    const parts = await encodeParts(source, 'screenrec', [
      [0, 30],
      [30, source.pts.length],
    ]);
    const { timebase, frameRate } = source.info.video;
    const timeline = deliveredTimeline(encodeTimeline(source.pts, timebase, 1000), frameRate);
    await concatParts({
      parts,
      pts: source.pts,
      timebase: timeline.timebase,
      lastDuration: timeline.lastDuration,
      sampleAspectRatio: square,
      output: at('screenrec.mp4'),
    });
    expect(await decodedPts(at('screenrec.mp4'))).toEqual(
      [...source.pts].map((value) => value - (source.pts[0] as number)),
    );
  });
});
