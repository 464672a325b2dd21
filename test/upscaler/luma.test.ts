import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fileDigest } from '../../src/job/parts.js';
import type { ModelMethod } from '../../src/job/spec.js';
import { decodeTimeline } from '../../src/job/timeline.js';
import { argv } from '../../src/lib/argv.js';
import { padYuv420ToEven, scaleFilter } from '../../src/media/picture/deliverable.js';
import { checkPts, type FrameSource } from '../../src/media/picture/frameSource.js';
import { probeSource } from '../../src/media/source/probe.js';
import { scanSource } from '../../src/media/source/scan.js';
import { createUpscaler } from '../../src/upscaler/client.js';
import { upscaleRequest } from '../../src/upscaler/upscaleRequest.js';
import { ffmpeg, hasSharedMedia, scratchFolder, sharedFile } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const scratch = scratchFolder();
const upscaler = createUpscaler({ device: 'cpu' });
afterAll(() => upscaler.close());

async function open(file: string): Promise<FrameSource> {
  const info = await probeSource(file);
  const { scan, timeline } = await scanSource(file, info);
  if (!timeline) throw new Error(scan.reason);
  return { file, from: 'source', info, pts: decodeTimeline(timeline), runIn: scan.runIn };
}

/** Upscales the first frames by a net that repeats every luma sample. @returns the mezzanine. */
async function throughLumaNet(source: FrameSource, scale: number, frames: number): Promise<string> {
  const folder = path.join(scratch, `parts-${path.basename(source.file)}`);
  await mkdir(folder);
  const file = await tinyModel(path.join(scratch, `luma${scale}.onnx`), { scale, channels: 1 });
  const method: ModelMethod = {
    kind: 'model',
    name: 'luma',
    file: { root: 'models', path: path.basename(file) },
    digest: await fileDigest(file),
    scale,
    precision: 'fp32',
    tile: 32,
    tilePad: 2,
    prePad: 0,
    pixels: 'luma',
    alignment: 1,
    blend: 0,
  };
  const roots = { jobs: scratch, media: '/', models: scratch };
  const request = upscaleRequest({
    roots,
    method,
    source,
    start: 0,
    end: frames,
    folder,
    checkpointFrames: 100,
    checkpointSeconds: 60,
  });
  let part = '';
  const { frames: done } = await upscaler.run(request, {
    onPart: ({ file: name, pts }) => {
      checkPts(source, 0, pts, frames);
      part = path.join(folder, name);
      return Promise.resolve();
    },
    onProgress: () => undefined,
    onNotice: (notice) => {
      throw new Error(notice);
    },
  });
  expect(done).toBe(frames);
  return part;
}

/** Planes Y, U, V of the first frame, after filters that are given as a list. */
function firstFrame(file: string, filters: string[], frame = 0) {
  const chain = [...filters, 'format=yuv420p', `trim=start_frame=${frame}:end_frame=${frame + 1}`, 'showinfo'];
  const log = execFileSync(
    'sh',
    argv`
      -c ${'exec ffmpeg -hide_banner -nostdin "$@" 2>&1 >/dev/null'} sh -i file:${file} -map 0:v:0
      -fps_mode passthrough -vf ${chain.join(',')} -f null -
    `,
    { encoding: 'utf8' },
  );
  const [, width = 0, height = 0] = (/ s:(\d+)x(\d+) /.exec(log) ?? []).map(Number);
  const raw = execFileSync(
    'ffmpeg',
    argv`
      -loglevel error -nostdin -i file:${file} -map 0:v:0 -fps_mode passthrough -vf ${chain.slice(0, -1).join(',')}
      -f rawvideo pipe:1
    `,
    { maxBuffer: 2 ** 28 },
  );
  const luma = width * height;
  const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
  expect(raw).toHaveLength(luma + 2 * chroma);
  return { width, height, luma: raw.subarray(0, luma), chroma: raw.subarray(luma) };
}

const furthest = (a: Uint8Array, b: Uint8Array): number =>
  a.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (b[i] as number))), Math.abs(a.length - b.length));

/** Every sample repeated, and the last ones once more where the result would be odd. */
function repeated(
  { luma, width, height }: ReturnType<typeof firstFrame>,
  scale: number,
  wide: number,
  high: number,
): Uint8Array {
  return Uint8Array.from({ length: wide * high }, (_, i) => {
    const x = Math.min(Math.floor((i % wide) / scale), width - 1);
    const y = Math.min(Math.floor(Math.floor(i / wide) / scale), height - 1);
    return luma[y * width + x] as number;
  });
}

const clip = async (name: string, filters: string, ...options: string[]): Promise<string> => {
  const file = path.join(scratch, name);
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=96x64:rate=25:duration=0.2', '-vf', filters, ...options, file);
  return file;
};
const ffv1 = ['-c:v', 'ffv1'];

test.each([
  ['4:2:0', 'format=yuv420p', ['-c:v', 'libx264', '-qp', '4'], 2, 0, 1],
  ['an odd size with an odd scale', 'scale=33:21,format=yuv420p', ffv1, 3, 0, 1],
  ['an odd size with an even scale', 'scale=33:21,format=yuv420p', ffv1, 2, 0, 1],
  ['full range', 'scale=out_range=pc,format=yuv420p,setparams=range=pc', [...ffv1, '-color_range', 'pc'], 2, 0, 1],
  [
    'chroma in the centre',
    'format=yuv420p',
    ['-c:v', 'libx264', '-qp', '4', '-chroma_sample_location', 'center'],
    2,
    0,
    1,
  ],
  ['4:4:4', 'format=yuv444p', ffv1, 2, 0, undefined],
  ['ten bits, which are dithered once', 'format=yuv420p10le', ffv1, 2, 1, 2],
] as const)(
  'a luma network leaves chroma to ffmpeg: %s',
  async (name, filters, options, scale, lumaApart, chromaApart) => {
    const source = await open(await clip(`${name.replace(/\W/g, '')}.mkv`, filters, ...options));
    const made = firstFrame(await throughLumaNet(source, scale, 5), [], 3);
    const { width, height } = source.info.video;
    const bicubic = firstFrame(
      source.file,
      [scaleFilter(source.info, { name: 'bicubic', scale }), ...padYuv420ToEven(width * scale, height * scale)],
      3,
    );
    expect([made.width, made.height]).toEqual([bicubic.width, bicubic.height]);
    const range = source.info.video.color.range;
    const plain = firstFrame(source.file, [`scale=in_range=${range}:out_range=${range}`], 3);
    expect(furthest(made.luma, repeated(plain, scale, made.width, made.height))).toBeLessThanOrEqual(lumaApart);
    if (chromaApart !== undefined) expect(furthest(made.chroma, bicubic.chroma)).toBeLessThanOrEqual(chromaApart);
  },
);

test('RGB goes through a luma network in the colours of the deliverable', async () => {
  const source = await open(await clip('rgb.mkv', 'format=gbrp', ...ffv1));
  const made = firstFrame(await throughLumaNet(source, 2, 5), [], 3);
  const bicubic = firstFrame(source.file, [scaleFilter(source.info, { name: 'bicubic', scale: 2 })], 3);
  const plain = firstFrame(source.file, [scaleFilter(source.info, { name: 'bicubic', scale: 1 })], 3);
  expect(furthest(made.luma, repeated(plain, 2, made.width, made.height))).toBeLessThanOrEqual(1);
  const mean = (samples: Uint8Array): number => samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  const half = made.chroma.length / 2;
  for (const [from, to] of [
    [0, half],
    [half, 2 * half],
  ]) {
    // The pattern is of pure colours with hard edges, whose chroma was halved once more here.
    expect(Math.abs(mean(made.chroma.subarray(from, to)) - mean(bicubic.chroma.subarray(from, to)))).toBeLessThan(1);
  }
});

test.skipIf(!hasSharedMedia)('a real clip keeps its luma, and its chroma is that of the bicubic method', async () => {
  const source = await open(sharedFile('clips/live/mdn-rabbit-320x240-aac-8s.mp4'));
  const made = firstFrame(await throughLumaNet(source, 2, 12), [], 11);
  const bicubic = firstFrame(source.file, [scaleFilter(source.info, { name: 'bicubic', scale: 2 })], 11);
  expect(furthest(made.luma, repeated(firstFrame(source.file, [], 11), 2, 640, 480))).toBe(0);
  expect(furthest(made.chroma, bicubic.chroma)).toBeLessThanOrEqual(1);
});
