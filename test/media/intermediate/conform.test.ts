import { createReadStream, createWriteStream, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { fileDigest } from '../../../src/job/parts.js';
import { decodeTimeline } from '../../../src/job/timeline.js';
import { argv } from '../../../src/lib/argv.js';
import { UserError } from '../../../src/lib/errors.js';
import { toNumber } from '../../../src/lib/rational.js';
import { hasDecoder } from '../../../src/media/ffmpeg/abilities.js';
import { conformSource } from '../../../src/media/intermediate/conform.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { TimestampRepair } from '../../../src/media/source/repair.js';
import { scanSource } from '../../../src/media/source/scan.js';
import { usedSource } from '../../../src/media/verify/usedSource.js';
import {
  ffmpeg,
  hasSharedMedia,
  makeClip,
  scratchFolder,
  sharedClips,
  sharedFile,
  turn,
} from '../../support/media.js';
import { rangeDigests, straightDigests } from '../digests.js';

const folder = scratchFolder();
const inFolder = (name: string): string => path.join(folder, name);

async function conform(file: string) {
  const { scan } = await scanSource(file, await probeSource(file));
  const copy = await conformSource(file, scan.info, folder);
  const source: FrameSource = {
    file: inFolder(copy.file),
    from: 'conformed',
    info: scan.info,
    pts: decodeTimeline(copy.timeline),
    runIn: 0,
  };
  return { copy, source };
}

const clip = inFolder('clip.mp4');
beforeAll(async () => {
  await makeClip(clip, { seconds: 2 });
});

describe('the conformed copy', () => {
  it('is described as it lies on the disk, and reports frames', async () => {
    const { scan } = await scanSource(clip, await probeSource(clip));
    const frames: number[] = [];
    const copy = await conformSource(clip, scan.info, folder, { onFrame: (frame) => frames.push(frame) });
    expect(copy).toMatchObject({ decoded: 50, promised: 50, errors: [], repairedTimestamps: 0 });
    expect(copy.bytes).toBe(statSync(inFolder(copy.file)).size);
    expect(copy.sha256).toBe(await fileDigest(inFolder(copy.file)));
    expect(copy.timeline).toEqual({
      timebase: { num: 1, den: 12800 },
      firstPts: 0,
      steps: [[512, 49]],
      lastDuration: 512,
    });
    expect(frames.at(-1)).toBe(50);
  });

  it.each([
    ['yuv420p', '160x120'],
    ['yuvj420p', '160x120'],
    ['yuv422p', '160x120'],
    ['yuv444p', '161x121'],
    ['yuv420p10le', '160x120'],
    ['yuv444p10le', '161x121'],
    ['gray', '160x120'],
    ['gbrp', '160x120'],
  ])('holds the same samples in %s at %s, and any range of them can be read', async (format, size) => {
    const file = inFolder(`${format}-${size}.mkv`);
    const codec = format === 'gbrp' ? 'libx264rgb' : 'libx264';
    const pixels = format === 'gbrp' ? 'rgb24' : format;
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc=size=320x240:rate=25:duration=0.8 -vf scale=${size.replace('x', ':')} -c:v ${codec}
        -pix_fmt ${pixels} ${file}
      `,
    );
    const { source } = await conform(file);
    const straight = await straightDigests(file, source.info);
    expect(straight).toHaveLength(20);
    expect(await rangeDigests(source, 0, 20)).toEqual(straight);
    expect(await rangeDigests(source, 7, 13)).toEqual(straight.slice(7, 13));
    expect(await rangeDigests(source, 19, 20)).toEqual(straight.slice(19));
  });

  it('is upright', async () => {
    const file = inFolder('turned.mp4');
    turn(clip, file);
    const { source } = await conform(file);
    expect((await probeSource(source.file)).video).toMatchObject({ width: 120, height: 160 });
    expect(await rangeDigests(source, 0, 50)).toEqual(await straightDigests(file, source.info));
  });

  it('keeps the first size where the picture changes its size in mid-stream', async () => {
    const [small, large, both] = ['small.ts', 'large.ts', 'both.ts'].map(inFolder) as [string, string, string];
    await ffmpeg('-i', clip, '-an', '-c', 'copy', small);
    await ffmpeg('-i', clip, '-an', '-vf', 'scale=200:150', '-c:v', 'libx264', '-output_ts_offset', '2', large);
    for (const [file, flags] of [
      [small, 'w'],
      [large, 'a'],
    ] as const)
      await pipeline(createReadStream(file), createWriteStream(both, { flags }));
    const { copy, source } = await conform(both);
    expect(copy.decoded).toBe(100);
    expect((await probeSource(source.file)).video).toMatchObject({ width: 160, height: 120 });
    expect(new Set(await rangeDigests(source, 0, 100)).size).toBe(100);
  });

  it.each([
    ['24000/1001', 'h264', ['-c:v', 'libx264', '-f', 'h264']],
    ['60', 'h264', ['-c:v', 'libx264', '-f', 'h264']],
    ['30000/1001', 'hevc', ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-f', 'hevc']],
    ['30000/1001', 'm4v', ['-c:v', 'mpeg4', '-f', 'm4v']],
  ])('of a raw stream shows frames at exactly the rate that it says: %s in %s', async (rate, format, codec) => {
    const file = inFolder(`${rate.replace('/', '-')}.${format}`);
    await ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=160x120:rate=${rate}:duration=2`, ...codec, file);
    const { copy, source } = await conform(file);
    const [num, den = 1] = rate.split('/').map(Number) as [number, number?];
    expect(toNumber(source.info.video.frameRate)).toBe(num / den);
    const step = (toNumber(source.info.video.timebase) ** -1 * den) / num;
    const { pts } = source;
    expect(Array.from(pts, (time) => time - (pts[0] as number))).toEqual(
      Array.from(pts, (_, i) => Math.round(i * step)),
    );
    expect(copy.repairedTimestamps).toBe(0);
  });

  it('of a part with equal times is not damaged', async () => {
    const [plain, equal] = ['plain.mkv', 'equal.mkv'].map(inFolder) as [string, string];
    await ffmpeg('-i', clip, '-an', '-c:v', 'libx264', '-bf', '0', plain);
    await ffmpeg('-i', plain, '-c', 'copy', '-bsf:v', 'setts=ts=if(eq(N\\,20)\\,PREV_OUTPTS\\,TS)', equal);
    const { scan } = await scanSource(equal, await probeSource(equal));
    const copy = await conformSource(equal, scan.info, folder, { part: () => ({ start: 10, end: 40 }) });
    expect(copy).toMatchObject({ decoded: 50, errors: [], repairedTimestamps: 1 });
    expect((await usedSource(equal, scan.info, { range: { from: 0.4, to: 1.6 } })).filters).toHaveLength(1);
  });

  it('leaves no file when it is given up', async () => {
    const { scan } = await scanSource(clip, await probeSource(clip));
    const before = readdirSync(folder).length;
    await expect(
      conformSource(clip, scan.info, folder, { signal: AbortSignal.abort(new Error('given up')) }),
    ).rejects.toThrow('given up');
    expect(readdirSync(folder)).toHaveLength(before);
  });
});

describe('timestamps that cannot be true', () => {
  const repair = (...raw: number[]): { pts: number[]; repaired: number } => {
    const { pts, repaired } = raw.reduce(
      (all, time) => (all.push(time), all),
      new TimestampRepair({ nominalStep: 40, longestPause: 10_000 }),
    );
    return { pts, repaired };
  };
  it.each([
    ['none of them', [5, 45, 9000], [5, 45, 9000], 0],
    ['equal ones become one tick later', [0, 40, 40, 120], [0, 40, 41, 120], 1],
    ['backward ones become one tick later', [0, 40, 30, 35, 120], [0, 40, 41, 42, 120], 2],
    ['missing ones follow at the nominal step', [NaN, NaN, 90], [0, 40, 90], 2],
    ['an absurd one counts for nothing', [0, 40, 9.6e18, 120, 160], [0, 40, 80, 120, 160], 2],
    [
      'a clock that restarts goes on from where it was',
      [50_000, 50_040, 3, 43, 83],
      [50_000, 50_040, 50_080, 50_120, 50_160],
      1,
    ],
  ])('%s', (_, raw, pts, repaired) => {
    expect(repair(...raw)).toEqual({ pts, repaired });
  });

  it('of a raw stream, ticks of its clock instead of frames, become frames', () => {
    const { pts, repaired } = [0, 40, 80, 120].reduce(
      (all, time) => (all.push(time), all),
      new TimestampRepair({ nominalStep: 40_040, longestPause: 1e9, counted: { field: 20_020, slack: 3.4 } }),
    );
    expect([pts, repaired]).toEqual([[0, 40_040, 80_080, 120_120], 0]);
  });
});

describe.skipIf(!hasSharedMedia)('damaged and odd clips end in a refusal or in a count', () => {
  const decoded: Record<string, [number, number]> = {
    'H264_bad_decoding.264': [12, 11],
    'corrupted-720p.mp4': [50, 49],
    'failing-audio.mp4': [280, 280],
    'invalid-nalu.mp4': [30, 29],
    'mdat-too-long.mp4': [30, 30],
    'missing-stsd.mp4': [30, 30],
    'no-initial-keyframe.ts': [78, 15],
    'ogv-bug498380.ogv': [14, 14],
    'ogv-multiple-bos.ogv': [3, 3],
    'truncated-mdat-100000bytes.mp4': [745, 6],
    '-video-with-dash-.mp4': [5, 5],
    'alpha-vp9-vorbis.webm': [150, 150],
    'odd-size-161x121-vp9.webm': [30, 30],
    'sar2x1-640x360.mp4': [150, 150],
    'vvc-no-decoder.mp4': [120, 120],
  };
  it.each([...sharedClips('corrupt'), ...sharedClips('odd')].map((file) => [path.basename(file), file]))(
    '%s',
    async (name, file) => {
      const decodable = !name.startsWith('vvc') || (await hasDecoder('vvc'));
      const expected = decodable && decoded[name];
      const attempt = conform(file);
      if (!expected) {
        const error: unknown = await attempt.then(
          () => undefined,
          (e: unknown) => e,
        );
        expect(error).toBeInstanceOf(UserError);
        return;
      }
      const { copy, source } = await attempt;
      expect([copy.promised, copy.decoded]).toEqual(expected);
      expect(await rangeDigests(source, 0, copy.decoded)).toHaveLength(copy.decoded);
    },
  );

  it('hidden pictures of VP9 are no missing frames', async () => {
    const { copy } = await conform(sharedFile('clips/hdr/vp9-profile2-10bit-426x240.webm'));
    expect(copy).toMatchObject({ decoded: 72, promised: 72, errors: [] });
  });
});
