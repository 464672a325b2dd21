import path from 'node:path';
import { execa } from 'execa';
import type { BitDepth } from '../../src/job/pictureSpec.js';
import type { EncodeSpec } from '../../src/job/spec.js';
import { argv } from '../../src/lib/argv.js';
import { toNumber } from '../../src/lib/rational.js';
import { concatParts } from '../../src/media/encode/concat.js';
import { encodeFromSource } from '../../src/media/encode/encode.js';
import { containerOf } from '../../src/media/merge/containers.js';
import { type MergeResult, mergeAudio } from '../../src/media/merge/merge.js';
import type { AudioMode } from '../../src/media/merge/plannedTrack.js';
import { constantRate } from '../../src/media/picture/cfrTimeline.js';
import { deliverableSize, deliverableTags } from '../../src/media/picture/deliverable.js';
import type { FrameSource } from '../../src/media/picture/frameSource.js';
import { probeSource } from '../../src/media/source/probe.js';
import type { VerifyRequest } from '../../src/media/verify/verifyDeliverable.js';
import { ffmpeg, makeClip } from '../support/media.js';

export const fastEncode: EncodeSpec = { codec: 'h264', crf: 23, preset: 'superfast', threads: 1 };

async function ffprobe(file: string, ...args: string[]): Promise<string> {
  return (await execa('ffprobe', ['-v', 'error', '-of', 'csv=p=0', ...args, `file:${file}`])).stdout;
}

/** Timestamps of the frames that one straight decode gives, in ticks. */
export async function decodedPts(file: string, stream = 'v:0'): Promise<number[]> {
  const text = await ffprobe(file, '-select_streams', stream, '-show_entries', 'frame=pts');
  return text
    .split('\n')
    .map((line) => parseInt(line, 10))
    .filter((pts) => !Number.isNaN(pts));
}

/** A source whose ranges are decoded from its beginning, unless a run-in in ticks is given. */
export async function frameSource(file: string, runIn = Infinity, program?: number): Promise<FrameSource> {
  const info = await probeSource(file, { program });
  return {
    file,
    from: 'source',
    info,
    pts: Float64Array.from(await decodedPts(file, String(info.video.index))),
    runIn,
  };
}

/** Mezzanine of a generated clip in parts of so many frames; the first one is frame 100. */
export async function mezzanineParts(folder: string, name: string, lengths: number[], bitDepth: BitDepth = 8) {
  const codec = bitDepth === 8 ? argv`utvideo -pix_fmt yuv420p` : argv`ffvhuff -pred median -pix_fmt yuv420p10le`;
  const clip = await makeClip(path.join(folder, `${name}.mkv`), {
    seconds: 4,
    audioTracks: 0,
    video: ['-c:v', 'ffv1', '-pix_fmt', bitDepth === 8 ? 'yuv420p' : 'yuv420p10le'],
  });
  const parts = [];
  let start = 100;
  for (const length of lengths) {
    const file = path.join(folder, `${name} it's ${start}.nut`);
    const from = start - 100;
    await ffmpeg(
      ...argv`
        -i ${clip} -vf trim=start_frame=${from}:end_frame=${from + length},setpts=PTS-STARTPTS -c:v ${codec} ${file}
      `,
    );
    parts.push({ file, start, end: start + length });
    start += length;
  }
  return { clip, request: { parts, info: (await frameSource(clip)).info, width: 160, height: 120 } };
}

/** MD5 of every decoded frame in order, of a filtered picture if wanted. */
export async function frameDigests(file: string, filters = 'null'): Promise<string[]> {
  const { stdout } = await execa(
    'ffmpeg',
    argv`-v error -i file:${file} -map 0:v:0 -fps_mode passthrough -vf ${filters},settb=1/25,setpts=N -f framemd5 -`,
  );
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}

export interface Stream extends Record<string, unknown> {
  codec_type: string;
  tags?: Record<string, string>;
}

export async function streams(file: string): Promise<Stream[]> {
  const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', `file:${file}`]);
  return (JSON.parse(stdout) as { streams: Stream[] }).streams;
}

/** Decoded pixels of the first video stream in one buffer. */
export async function pixels(file: string, format: string, filters = 'null'): Promise<Buffer> {
  const { stdout } = await execa(
    'ffmpeg',
    argv`-v error -i file:${file} -map 0:v:0 -fps_mode passthrough -vf ${filters} -pix_fmt ${format} -f rawvideo -`,
    { encoding: 'buffer' },
  );
  return Buffer.from(stdout);
}

interface Encoding {
  encode?: EncodeSpec;
  bitDepth?: BitDepth;
}

/** The source's pictures, enlarged and joined under its own times into `output`; its parts lie beside it. */
export async function upscaledVideo(
  source: FrameSource,
  output: string,
  scale = 2,
  { encode = fastEncode, bitDepth = 8 }: Encoding = {},
): Promise<{ reorderSeconds: number }> {
  const frames = source.pts.length;
  const parts = [];
  for (const [start, end] of [
    [0, Math.ceil(frames / 2)],
    [Math.ceil(frames / 2), frames],
  ] as const) {
    const part = `${output}.${start}.mp4`;
    await encodeFromSource({ source, start, end, method: { name: 'bicubic', scale }, encode, bitDepth, output: part });
    parts.push(part);
  }
  const { timebase, sampleAspectRatio } = source.info.video;
  return concatParts({
    parts,
    pts: source.pts,
    timebase,
    lastDuration: lastDuration(source),
    sampleAspectRatio,
    output,
  });
}

export const lastDuration = ({ pts }: FrameSource): number => (pts.at(-1) as number) - (pts.at(-2) as number);

/** Upscales a clip and merges it, named .mp4 or .mkv. */
export async function delivered(
  file: string,
  output: string,
  {
    scale = 2,
    audio = 'auto',
    program,
    ...encoding
  }: { scale?: number; audio?: AudioMode; program?: number } & Encoding = {},
): Promise<MergeResult & { source: FrameSource }> {
  const source = await frameSource(file, Infinity, program);
  const { reorderSeconds } = await upscaledVideo(source, `${output}.video.mp4`, scale, encoding);
  const { timebase } = source.info.video;
  const firstPts = (source.pts[0] as number) * toNumber(timebase);
  const container = containerOf(output) ?? 'mp4';
  const merged = await mergeAudio({
    video: `${output}.video.mp4`,
    source: file,
    info: source.info,
    container,
    audio,
    firstPts,
    reorderSeconds,
    lastDuration: lastDuration(source) * toNumber(timebase),
    constantRate: constantRate({ pts: source.pts, timebase }),
    output,
  });
  return { ...merged, source };
}

/** Upscales a clip as a job does. @returns what the check before publish is asked for. */
export async function deliveredForCheck(
  file: string,
  output: string,
  scale = 2,
  encoding: Encoding = {},
): Promise<VerifyRequest> {
  const { source, contents } = await delivered(file, output, { scale, ...encoding });
  const { video } = source.info;
  return {
    file: output,
    source,
    expectedPts: source.pts,
    timebase: video.timebase,
    lastDuration: lastDuration(source),
    ...deliverableSize(video, scale),
    pixelFormat: 'yuv420p',
    colors: deliverableTags(source.info),
    soundSource: file,
    firstPts: (source.pts[0] as number) * toNumber(video.timebase),
    contents,
  };
}
