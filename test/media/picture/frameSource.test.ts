import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeTimeline } from '../../../src/job/timeline.js';
import { argv } from '../../../src/lib/argv.js';
import { SegmentMismatch } from '../../../src/lib/errors.js';
import { startFfmpeg } from '../../../src/media/ffmpeg/runFfmpeg.js';
import { decodeToPlanarArgs, type FrameFormat, mezzanineArgs } from '../../../src/media/intermediate/networkFrames.js';
import { checkPts, type FrameSource, frameArgs } from '../../../src/media/picture/frameSource.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { scanSource } from '../../../src/media/source/scan.js';
import { ffmpeg, hasSharedMedia, scratchFolder, sharedFile } from '../../support/media.js';

const folder = scratchFolder();
const inFolder = (name: string): string => path.join(folder, name);

const RGB: FrameFormat = { pixels: 'rgb', bitDepth: 8 };

async function open(file: string): Promise<FrameSource> {
  const info = await probeSource(file);
  const { scan, timeline } = await scanSource(file, info);
  if (!timeline) throw new Error(scan.reason);
  return { file, from: 'source', info, pts: decodeTimeline(timeline), runIn: scan.runIn };
}

async function planar(source: FrameSource, start: number, end: number): Promise<{ pixels: Buffer; pts: number[] }> {
  const pts: number[] = [];
  const run = startFfmpeg(decodeToPlanarArgs(source, start, end, RGB), {
    stdout: 'pipe',
    onPts: (time) => pts.push(time),
  });
  if (!run.stdout) throw new Error('no stdout');
  const [pixels] = await Promise.all([buffer(run.stdout), run.done]);
  return { pixels, pts };
}

/** Decoded to RGB and straight back to the mezzanine. */
async function roundTrip(source: FrameSource, end: number, output: string, format = RGB): Promise<string> {
  const { width, height } = source.info.video;
  const decoder = startFfmpeg(decodeToPlanarArgs(source, 0, end, format), { stdout: 'pipe', onPts: () => undefined });
  const encoder = startFfmpeg([...mezzanineArgs(source.info, format, { width, height }, 1), output], {
    stdin: 'pipe',
  });
  if (!decoder.stdout || !encoder.stdin) throw new Error('no pipe');
  await Promise.all([pipeline(decoder.stdout, encoder.stdin), decoder.done, encoder.done]);
  return output;
}

/** Of each plane in dB against the source's first frames; samples are compared as they are. */
function psnr(output: string, { file, info }: FrameSource, frames: number): { y: number; u: number; v: number } {
  // ffmpeg 7 converts pictures whose tags differ before it compares them; it is the samples that count.
  const same = 'setparams=range=tv:colorspace=bt709,settb=1/25,setpts=N';
  const graph =
    `[0]${same}[a];[1:${info.video.index}]trim=end_frame=${frames},` +
    `scale=in_range=${info.video.color.range}:out_range=${info.video.color.range},` +
    `format=yuv420p,${same}[b];[a][b]psnr`;
  const log = execFileSync(
    'sh',
    argv`
      -c ${'exec ffmpeg -hide_banner -nostdin "$@" 2>&1'} sh -i ${output} -i file:${file} -filter_complex ${graph}
      -f null -
    `,
    { encoding: 'utf8' },
  );
  const match = /PSNR y:(\S+) u:(\S+) v:(\S+)/.exec(log);
  if (!match) throw new Error(log);
  return { y: Number(match[1]), u: Number(match[2]), v: Number(match[3]) };
}

const clip = inFolder('clip.mkv');
let source: FrameSource;
beforeAll(async () => {
  await ffmpeg(
    ...argv`-f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -c:v libx264 -g 10 -pix_fmt yuv420p ${clip}`,
  );
  source = await open(clip);
});

describe('a range of frames', () => {
  it('is read from a run-in before its first frame, and chosen by timestamps', () => {
    const { input, filters } = frameArgs(source, 30, 40);
    const seconds = ((source.pts[30] ?? 0) - source.runIn) / 1000;
    expect(input.slice(0, 8)).toEqual(
      argv`-max_error_rate 1 -copyts -noaccurate_seek -seek_timestamp 1 -ss ${seconds.toFixed(6)}`,
    );
    expect(filters[0]).toBe('trim=start_pts=1200:end_pts=1600');
  });

  it('at the beginning is read without a seek, and the last one has no end', () => {
    expect(frameArgs(source, 0, 10).input).not.toContain('-ss');
    expect(frameArgs(source, 45, 50).filters[0]).toBe('trim=start_pts=1800');
  });

  it('must lie in the video', () => {
    expect(() => frameArgs(source, 45, 51)).toThrow(RangeError);
    expect(() => frameArgs(source, 5, 5)).toThrow(RangeError);
  });

  it('has the timestamps of the source, or the first difference is named', () => {
    checkPts(source, 10, [400, 440, 480], 13);
    checkPts({ ...source, from: 'conformed' }, 10, [10, 11, 12], 13);
    expect(() => {
      checkPts(source, 10, [400, 441]);
    }).toThrow(new SegmentMismatch('frame 11 has the timestamp 441, not 440'));
    expect(() => {
      checkPts(source, 49, [1960, 2000]);
    }).toThrow(/frame 50 .* not one beyond the last frame/);
    expect(() => {
      checkPts(source, 10, [400, 440], 13);
    }).toThrow('frames 10 to 12 gave 2 frames, not 3');
  });
});

describe('planar RGB', () => {
  it('has the frames asked for, plane after plane, with their timestamps', async () => {
    const all = await planar(source, 0, 50);
    const some = await planar(source, 20, 25);
    const size = 64 * 48 * 3;
    expect(all.pixels).toHaveLength(50 * size);
    expect(some.pts).toEqual([800, 840, 880, 920, 960]);
    expect(some.pixels.equals(all.pixels.subarray(20 * size, 25 * size))).toBe(true);
  });

  // Code values of pure red, and what they mean when matrix and range are honoured.
  it.each([
    ['SD without tags is BT.601', '64x48', [], [81, 90, 240]],
    ['HD without tags is BT.709', '1280x720', [], [63, 102, 240]],
    ['a tag counts more than the size', '64x48', ['-vf', 'setparams=colorspace=bt709'], [63, 102, 240]],
    ['BT.2020', '64x48', ['-vf', 'setparams=colorspace=bt2020nc'], [74, 97, 240]],
    ['full range', '64x48', ['-vf', 'setparams=range=pc'], [76, 85, 255]],
    ['odd sizes', '63x47', [], [81, 90, 240]],
  ])('red stays red: %s', async (name, size, tags, [y = 0, u = 0, v = 0]) => {
    const file = inFolder(`${name.replace(/\W/g, '')}.mkv`);
    const [width = 0, height = 0] = size.split('x').map(Number);
    const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
    const raw = Buffer.concat([Buffer.alloc(width * height, y), Buffer.alloc(chroma, u), Buffer.alloc(chroma, v)]);
    const encoder = startFfmpeg(
      [
        ...argv`-f rawvideo -pixel_format yuv420p -video_size ${size} -i pipe:0`,
        ...(width % 2 ? ['-c:v', 'ffv1'] : ['-c:v', 'libx264', '-qp', '0']),
        ...tags,
        file,
      ],
      { stdin: 'pipe' },
    );
    encoder.stdin?.end(raw);
    await encoder.done;
    const { pixels } = await planar(await open(file), 0, 1);
    const plane = width * height;
    const middle = (height >> 1) * width + (width >> 1);
    const [g = 0, b = 0, r = 0] = [0, 1, 2].map((p) => pixels[p * plane + middle]);
    expect(r).toBeGreaterThanOrEqual(253);
    expect(Math.max(g, b)).toBeLessThanOrEqual(2);
  });

  it('keeps chroma where it lies: an edge between colours does not move', async () => {
    // White to the left of the middle, blue to the right: both channels change at the same place when chroma is not
    // shifted.
    const file = inFolder('edge.mkv');
    await ffmpeg(
      ...argv`
        -f lavfi -i color=white:size=128x32:rate=25:duration=0.04
        -vf format=gbrp,geq=r='255-X*2':g='X*2':b=128,zscale=min=gbr:rin=full:m=170m:r=limited:c=left,format=yuv420p
        -c:v libx264 -qp 0 ${file}
      `,
    );
    const { pixels } = await planar(await open(file), 0, 1);
    const row = 16 * 128;
    const shifts = Array.from({ length: 96 }, (_, i) => {
      const x = 16 + i;
      // Half of the ramps' difference of 4 a pixel is a shift of chroma against luma.
      return ((pixels[2 * 128 * 32 + row + x] ?? 0) - (255 - x * 2) - ((pixels[row + x] ?? 0) - x * 2)) / 4;
    });
    expect(Math.abs(shifts.reduce((sum, shift) => sum + shift, 0) / shifts.length)).toBeLessThan(0.1);
  });

  it('dithers deeper samples instead of cutting them', async () => {
    const file = inFolder('deep.mkv');
    await ffmpeg(
      ...argv`
        -f lavfi -i color=gray:size=64x64:rate=25:duration=0.04 -vf format=yuv420p10le,geq=lum=514:cb=512:cr=512
        -c:v ffv1 ${file}
      `,
    );
    const { pixels } = await planar(await open(file), 0, 1);
    const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    expect(new Set(pixels).size).toBeGreaterThan(1);
    expect(mean).toBeCloseTo(((514 / 4 - 16) * 255) / 219, 0);
  });
});

describe('the mezzanine', () => {
  it("is UT Video in 4:2:0 with the source's colours", async () => {
    const made = await roundTrip(source, 50, inFolder('trip.nut'));
    const { video } = await probeSource(made);
    expect(video).toMatchObject({
      codec: 'utvideo',
      pixelFormat: 'yuv420p',
      width: 64,
      height: 48,
      color: { matrix: 'bt601', range: 'limited' },
    });
    const { y, u, v } = psnr(made, source, 50);
    // Small and of pure colours, so most of it is edges where 4:2:0 says more than RGB holds.
    expect(y).toBeGreaterThan(38);
    expect(Math.min(u, v)).toBeGreaterThan(28);
  });

  it('repeats the edge of odd sizes', async () => {
    const args = mezzanineArgs(source.info, RGB, { width: 5, height: 3 }, 1);
    const encoder = startFfmpeg([...args, inFolder('odd.nut')], { stdin: 'pipe' });
    if (!encoder.stdin) throw new Error('no stdin');
    // Grey columns 0, 50, 100, 150, 200.
    const plane = Buffer.from([0, 50, 100, 150, 200, 0, 50, 100, 150, 200, 0, 50, 100, 150, 200]);
    encoder.stdin.end(Buffer.concat([plane, plane, plane]));
    await encoder.done;
    await ffmpeg('-i', inFolder('odd.nut'), '-f', 'rawvideo', inFolder('odd.raw'));
    const samples = await buffer(createReadStream(inFolder('odd.raw')));
    expect(samples).toHaveLength(6 * 4 * 1.5);
    expect(samples[5]).toBe(samples[4]);
    expect(samples.subarray(18, 24)).toEqual(samples.subarray(12, 18));
    expect(samples[4]).toBe(Math.round(16 + (200 * 219) / 255));
  });

  it.skipIf(!hasSharedMedia).each([
    ['cartoon/bbb-720p25-aac51-5s.mp4', 60, 70, 55],
    ['live/mdn-rabbit-320x240-aac-8s.mp4', 60, 50, 48],
    // A test pattern: at edges between its pure colours, 4:2:0 says more than RGB holds.
    ['hdr/bt709-full-range-720p.mp4', 30, 46, 36],
  ])('keeps %s as it is when nothing is upscaled', async (name, frames, luma, chroma) => {
    const real = await open(sharedFile(`clips/${name}`));
    const { y, u, v } = psnr(await roundTrip(real, frames, inFolder('real.nut')), real, frames);
    expect(y).toBeGreaterThan(luma);
    expect(Math.min(u, v)).toBeGreaterThan(chroma);
  });
});
