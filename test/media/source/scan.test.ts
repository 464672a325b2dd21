import { createReadStream, createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeTimeline } from '../../../src/job/timeline.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { scanSource } from '../../../src/media/source/scan.js';
import { decodedFrames } from '../../support/cli.js';
import { leaveOut } from '../../support/leftOut.js';
import { ffmpeg, hasSharedMedia, makeClip, scratchFolder, sharedFile } from '../../support/media.js';

const folder = scratchFolder();
const inFolder = (name: string): string => path.join(folder, name);
const scan = async (file: string) => scanSource(file, await probeSource(file));

const clip = inFolder('clip.mp4');
beforeAll(async () => {
  await makeClip(clip, { seconds: 4, video: ['-c:v', 'libx264', '-g', '20', '-bf', '2', '-pix_fmt', 'yuv420p'] });
});

describe('a source that can be sought in', () => {
  it('has a timeline of all its frames and a run-in of an interval and the reorder depth', async () => {
    const { scan: found, timeline } = await scan(clip);
    expect(found).toMatchObject({ packets: 100, seekable: true });
    const ticks = 512;
    expect(timeline).toEqual({
      timebase: { num: 1, den: 12800 },
      firstPts: 0,
      steps: [[ticks, 99]],
      lastDuration: ticks,
    });
    expect(found.runIn).toBe((20 + found.info.video.reorderDepth + 1) * ticks);
  });

  it('of Dirac has no picture in the packet that ends it', async () => {
    const file = inFolder('dirac.ts');
    await ffmpeg('-i', clip, '-an', '-t', '0.4', '-c:v', 'vc2', file);
    expect((await scan(file)).scan.info.video.promisedFrames).toBe(10);
  });

  it.each([
    ['avi', 'seeking in avi cannot be trusted'],
    ['mp4', '20 packets hold 18 pictures'],
  ])('of MPEG-4 has no picture in a packet that says that it is not coded, in %s', async (format, reason) => {
    const whole = inFolder('whole.raw');
    const raw = inFolder('left-out.raw');
    await ffmpeg('-i', clip, '-an', '-t', '0.8', '-c:v', 'mpeg4', '-g', '100', '-f', 'm4v', whole);
    writeFileSync(raw, leaveOut(readFileSync(whole), [4, 11]));
    const file = inFolder(`left-out.${format}`);
    await ffmpeg('-f', 'm4v', '-framerate', '25', '-i', raw, '-c', 'copy', file);
    expect(await decodedFrames(file)).toBe(18);
    expect((await scan(file)).scan).toMatchObject({
      packets: 20,
      seekable: false,
      reason,
      info: { video: { promisedFrames: 18 } },
    });
  });

  it('reports the packets that it reads', async () => {
    const seen: number[] = [];
    await scanSource(clip, await probeSource(clip), { onPackets: (packets) => seen.push(packets) });
    expect(seen.at(-1)).toBe(100);
  });

  it('keeps variable timestamps', async () => {
    const file = inFolder('vfr.mp4');
    await ffmpeg('-i', clip, '-vf', `select='not(eq(mod(n,3),1))'`, '-fps_mode', 'passthrough', '-an', file);
    const { timeline } = await scan(file);
    const pts = timeline ? decodeTimeline(timeline) : [];
    expect(pts).toHaveLength(67);
    expect(
      Array.from(pts.slice(0, 5), (t) => (t * (timeline?.timebase.num ?? 0) * 25) / (timeline?.timebase.den ?? 1)),
    ).toEqual([0, 2, 3, 5, 6]);
  });

  it('begins two intervals early where keyframes are no intra pictures', async () => {
    const file = inFolder('refresh.mp4');
    await ffmpeg('-i', clip, '-an', '-c:v', 'libx264', '-x264-params', 'intra-refresh=1:keyint=20:bframes=0', file);
    const { scan: found } = await scan(file);
    expect(found).toMatchObject({ seekable: true });
    expect(found.runIn).toBe((2 * 20 + found.info.video.reorderDepth + 1) * 512);
  });

  it('does not count frames that an edit list hides', async () => {
    const file = inFolder('edited.mp4');
    await ffmpeg('-ss', '1.1', '-i', clip, '-c', 'copy', file);
    const { scan: found, timeline } = await scan(file);
    expect(found).toMatchObject({ seekable: true });
    expect((await probeSource(file)).video.promisedFrames).toBeGreaterThan(found.packets);
    expect(found.info.video.promisedFrames).toBe(found.packets);
    expect(timeline?.firstPts).toBeGreaterThanOrEqual(0);
  });
});

describe('a source that cannot', () => {
  const x264 = ['-an', '-c:v', 'libx264', '-pix_fmt', 'yuv420p'];
  const cases: [string, string, string[], string][] = [
    ['a program stream', 'a.mpg', ['-c:v', 'mpeg2video', '-f', 'vob'], 'cannot be trusted'],
    ['a raw stream', 'a.h264', [...x264, '-f', 'h264'], 'cannot be trusted'],
    ['AVI', 'a.avi', ['-an', '-c:v', 'mpeg4', '-bf', '2'], 'cannot be trusted'],
    ['Ogg', 'a.ogv', ['-an', '-c:v', 'libtheora'], 'cannot be trusted'],
    [
      'interlaced pictures',
      'interlaced.mp4',
      [...x264, '-flags', '+ilme+ildct', '-x264-params', 'tff=1'],
      'interlaced',
    ],
    [
      'a keyframe only at the start',
      'long.mp4',
      ['-filter:v', 'loop=20:60:0,setpts=N/25/TB', ...x264, '-g', '9999', '-preset', 'ultrafast'],
      'between two keyframes',
    ],
  ];
  it.each(cases)('%s', async (_, name, args, reason) => {
    await ffmpeg('-i', clip, ...args, inFolder(name));
    const { scan: found, timeline } = await scan(inFolder(name));
    expect(found.seekable).toBe(false);
    expect(found.reason).toContain(reason);
    expect(timeline).toBeUndefined();
  });

  it('a clock that restarts within a TS', async () => {
    const [first, second, both] = ['first.ts', 'second.ts', 'both.ts'].map(inFolder) as [string, string, string];
    await ffmpeg('-i', clip, '-c', 'copy', first);
    await ffmpeg('-itsoffset', '500', '-i', clip, '-c', 'copy', '-copyts', second);
    for (const [file, flags] of [
      [first, 'w'],
      [second, 'a'],
    ] as const)
      await pipeline(createReadStream(file), createWriteStream(both, { flags }));
    const { scan: found } = await scan(both);
    expect(found).toMatchObject({ seekable: false, packets: 200 });
    expect(found.reason).toContain('jump');
  });

  it('a TS with a hole', async () => {
    const [whole, holed] = [inFolder('whole.ts'), inFolder('holed.ts')];
    await ffmpeg('-i', clip, '-an', '-c', 'copy', whole);
    await pipeline(createReadStream(whole, { end: 188 * 150 - 1 }), createWriteStream(holed));
    await pipeline(createReadStream(whole, { start: 188 * 154 }), createWriteStream(holed, { flags: 'a' }));
    const { scan: found } = await scan(holed);
    expect(found).toMatchObject({ seekable: false, reason: 'the file marks packets as damaged' });
  });

  it.each(['mp4', 'mkv'])('a truncated %s', async (extension) => {
    const [whole, half] = [inFolder(`whole.${extension}`), inFolder(`half.${extension}`)];
    await ffmpeg('-i', clip, '-an', '-c', 'copy', '-movflags', '+faststart', whole);
    await pipeline(createReadStream(whole, { end: 60_000 }), createWriteStream(half));
    const { scan: found } = await scan(half);
    expect(found).toMatchObject({ seekable: false, reason: 'the file ends early' });
    expect(found.packets).toBeLessThan(100);
    if (extension === 'mp4') expect(found.info.video.promisedFrames).toBe(100);
  });

  it.skipIf(!hasSharedMedia).each([
    ['corrupt/no-initial-keyframe.ts', 'does not begin with a keyframe'],
    ['corrupt/truncated-mdat-100000bytes.mp4', 'ends early'],
    ['interlaced/dvb-sd-576-mpeg2-sar64x45-mp2-3s.ts', 'interlaced'],
  ])('%s', async (name, reason) => {
    expect((await scan(sharedFile(`clips/${name}`))).scan.reason).toContain(reason);
  });
});
