import { z } from 'zod';
import { WorldError } from '../job/errors.js';
import { parseRational, type Rational } from '../job/rational.js';
import { runFfprobe } from './run.js';
import { sourceInput } from './tools.js';

export interface ExpectedStreams {
  width: number;
  height: number;
  audioTracks: number;
}

const seconds = z.coerce.number().optional().catch(undefined);

const streamSchema = z.object({
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  pix_fmt: z.string().optional(),
  color_range: z.string().optional(),
  sample_aspect_ratio: z.string().optional(),
  time_base: z.string(),
  duration: seconds,
});
const outputSchema = z.object({ streams: z.array(streamSchema), format: z.object({ duration: seconds }) });

export interface Inventory {
  durationSeconds: number;
  video: {
    codec: string;
    tag: string;
    width: number;
    height: number;
    pixelFormat: string;
    range: 'limited' | 'full';
    sampleAspectRatio: Rational;
    timebase: Rational;
    durationSeconds: number | undefined;
  }[];
  audio: { codec: string; durationSeconds: number | undefined }[];
}

/** The streams of a file that a header names; what is wrong with it, where it cannot be opened. */
export async function inventory(file: string, signal?: AbortSignal): Promise<Inventory | string> {
  const lines: string[] = [];
  try {
    await runFfprobe(['-show_streams', '-show_format', '-of', 'json', ...sourceInput(file)], { signal, onLine: (line) => lines.push(line) });
  } catch (error) {
    if (error instanceof WorldError) return error.message;
    throw error;
  }
  const { streams, format } = outputSchema.parse(JSON.parse(lines.join('\n')));
  return {
    durationSeconds: format.duration ?? 0,
    video: streams.filter((s) => s.codec_type === 'video').map((s) => ({
      codec: s.codec_name ?? 'unknown',
      tag: s.codec_tag_string ?? '',
      width: s.width ?? 0,
      height: s.height ?? 0,
      pixelFormat: s.pix_fmt ?? 'unknown',
      range: s.color_range === 'pc' ? 'full' : 'limited',
      sampleAspectRatio: parseRational(s.sample_aspect_ratio) ?? { num: 1, den: 1 },
      timebase: parseRational(s.time_base) ?? { num: 1, den: 1 },
      durationSeconds: s.duration,
    })),
    audio: streams.filter((s) => s.codec_type === 'audio').map((s) => ({ codec: s.codec_name ?? 'unknown', durationSeconds: s.duration })),
  };
}

/** What is wrong with the streams, each in one line. */
export function checkInventory({ video, audio }: Inventory, expected: ExpectedStreams & { sampleAspectRatio: Rational }): string[] {
  const problems: string[] = [];
  const [first] = video;
  if (video.length !== 1) problems.push(`it has ${video.length} video streams instead of 1`);
  if (first) {
    if (first.codec !== 'h264' || first.tag !== 'avc1') problems.push(`the video is ${first.codec} (${first.tag}) instead of h264 (avc1)`);
    if (first.width !== expected.width || first.height !== expected.height) {
      problems.push(`the picture is ${first.width}x${first.height} instead of ${expected.width}x${expected.height}`);
    }
    const [is, wanted] = [first.sampleAspectRatio, expected.sampleAspectRatio];
    if (is.num * wanted.den !== is.den * wanted.num) problems.push(`the pixels' aspect ratio is ${is.num}:${is.den} instead of ${wanted.num}:${wanted.den}`);
  }
  if (audio.length !== expected.audioTracks) problems.push(`it has ${audio.length} audio tracks instead of ${expected.audioTracks}`);
  for (const [i, track] of audio.entries()) {
    if (!track.durationSeconds) problems.push(`audio track ${i + 1} (${track.codec}) is empty`);
  }
  return problems;
}
