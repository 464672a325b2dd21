import { z } from 'zod';
import type { SourceInfo } from '../job/source.js';
import { runFfmpeg, runFfprobe } from './run.js';
import { sourceInput } from './tools.js';

type AudioInfo = SourceInfo['audio'][number];

export interface AudioTrack extends AudioInfo {
  /** When its first sample is heard, in seconds of the source's clock, after encoder priming. */
  startSeconds: number;
  /** How it gets into the MP4. */
  handling: { kind: 'copy' } | { kind: 'convert'; bitRate: number };
}

/** What plays in an MP4 in every browser. */
const COPIED = new Set(['aac', 'mp3']);
const LOSSLESS = /^(pcm_|flac|alac|truehd|mlp|wavpack|tta|ape)/;
/** Bits a second of AAC for each channel, where the source names no lossy rate. */
const BIT_RATE_PER_CHANNEL = 96_000;

/** Decides what becomes of each audio track. Tracks that give no sound are left out, each with a warning for the user. */
export async function usableTracks(file: string, audio: SourceInfo['audio'], signal?: AbortSignal): Promise<{ tracks: AudioTrack[]; warnings: string[] }> {
  const tracks: AudioTrack[] = [];
  const warnings: string[] = [];
  for (const [i, track] of audio.entries()) {
    const name = `audio track ${i + 1} of ${audio.length}`;
    const startSeconds = track.codec === '' ? undefined : await firstSample(file, track.index, signal);
    if (startSeconds === undefined) {
      warnings.push(`${name} (${track.codec || 'unknown codec'}) is left out: it gives no sound`);
      continue;
    }
    const handling = handlingOf(track);
    if (handling.kind === 'convert') warnings.push(`${name} is converted from ${track.codec} to AAC at ${Math.round(handling.bitRate / 1000)} kbit/s`);
    tracks.push({ ...track, startSeconds, handling });
  }
  return { tracks, warnings };
}

function handlingOf({ codec, bitRate, channels }: AudioInfo): AudioTrack['handling'] {
  if (COPIED.has(codec)) return { kind: 'copy' };
  const usual = BIT_RATE_PER_CHANNEL * Math.max(1, channels);
  if (bitRate === undefined || LOSSLESS.test(codec)) return { kind: 'convert', bitRate: usual };
  return { kind: 'convert', bitRate: Math.min(Math.max(bitRate, usual / 2), usual * 1.5) };
}

const firstFrameSchema = z.tuple([z.coerce.number(), z.coerce.number(), z.coerce.number()]).rest(z.string());

/** Time of the first decoded sample in seconds; undefined when nothing decodes. */
async function firstSample(file: string, index: number, signal?: AbortSignal): Promise<number | undefined> {
  let timebase = 0;
  let ticks: number | undefined;
  try {
    await runFfmpeg(
      ['-max_error_rate', '1', '-copyts', ...sourceInput(file), '-map', `0:${index}`, '-c:a', 'pcm_s16le', '-frames:a', '1', '-f', 'framecrc', 'pipe:1'],
      {
        signal,
        onStdoutLine: (line) => {
          const base = /^#tb 0: (\d+)\/(\d+)/.exec(line);
          if (base) timebase = Number(base[1]) / Number(base[2]);
          // stream, dts, pts, duration, size, checksum
          else if (!line.startsWith('#')) ticks ??= firstFrameSchema.safeParse(line.split(',')).data?.[2];
        },
      },
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Error && error.name === 'WorldError')) throw error;
    return undefined;
  }
  return ticks === undefined ? undefined : ticks * timebase;
}

const tagsSchema = z.object({
  streams: z.array(z.object({ index: z.number(), codec_type: z.string().optional(), tags: z.object({ title: z.string() }).partial().optional() })),
  format: z.object({ start_time: z.coerce.number().optional().catch(undefined) }),
});

export interface SourceTags {
  /** Titles by stream index. */
  titles: Map<number, string>;
  /** One line for each kind of stream that the deliverable does not hold. */
  left: string[];
  /** The container's first timestamp in microseconds, as ffmpeg sees it. */
  startMicroseconds: number | undefined;
}

export async function readTags(file: string, signal?: AbortSignal): Promise<SourceTags> {
  const lines: string[] = [];
  const entries = ['-show_entries', 'format=start_time:stream=index,codec_type:stream_tags=title', '-of', 'json'];
  await runFfprobe([...entries, ...sourceInput(file)], { signal, onLine: (line) => lines.push(line) });
  const { streams, format } = tagsSchema.parse(JSON.parse(lines.join('\n')));
  return {
    titles: new Map(streams.flatMap(({ index, tags }) => (tags?.title ? [[index, tags.title] as const] : []))),
    left: ['subtitle', 'attachment'].flatMap((kind) => {
      const count = streams.filter(({ codec_type }) => codec_type === kind).length;
      return count === 0 ? [] : [`${count} ${kind}${count === 1 ? ' is' : 's are'} not carried into the result`];
    }),
    startMicroseconds: format.start_time === undefined ? undefined : Math.round(format.start_time * 1e6),
  };
}
