import { z } from 'zod';
import type { ContentTrack } from '../../job/contents.js';
import { readHeader } from '../ffmpeg/run.js';
import { sourceInput } from '../ffmpeg/tools.js';
import { type Program, programsSchema } from './programs.js';

/** A stream of a file, as its header tells. Names of codecs and dispositions are ffmpeg's. */
export interface FileStream {
  index: number;
  /** The container's own number of the track, where it has one. */
  id: number | undefined;
  kind: ContentTrack['kind'] | 'data';
  /** Empty where ffmpeg does not know it. */
  codec: string;
  /** The four letters by which the container calls the codec. */
  tag: string;
  /** Lower case; undefined also where the file says that it is not known. */
  language: string | undefined;
  /** The name of an attachment's or a cover's file where it has one. */
  title: string | undefined;
  /** What MP4 holds in place of a title; programs put their own names there. */
  handler: string | undefined;
  mimeType: string | undefined;
  /** In alphabetical order, without `attached_pic`. */
  dispositions: string[];
  timecode: string | undefined;
  startSeconds: number | undefined;
  channels: number;
  sampleRate: number;
  bitRate: number | undefined;
  /** Of pictures whose size ffmpeg does not know: damaged ones, and covers that are too large to be decoded. */
  sizeless?: true;
}

export interface FileContents {
  /** libavformat's demuxer name, such as `matroska,webm`. */
  format: string;
  streams: FileStream[];
  /** Of a transport stream. */
  programs: Program[];
  /** On the file's own clock. */
  chapters: { startSeconds: number; endSeconds: number; title: string | undefined }[];
  /** By lower-case names. */
  tags: Record<string, string>;
  /** The container's first timestamp in microseconds, as ffmpeg sees it. */
  startMicroseconds: number | undefined;
}

const number = z.coerce.number().optional().catch(undefined);
const tagsSchema = z
  .record(z.string(), z.string())
  .default({})
  .transform(
    (tags) =>
      Object.fromEntries(Object.entries(tags).map(([name, value]) => [name.toLowerCase(), value])) as Record<
        string,
        string | undefined
      >,
  );
const streamSchema = z.object({
  index: z.number().int(),
  id: number,
  codec_type: z.string().optional(),
  codec_name: z.string().default(''),
  codec_tag_string: z.string().default(''),
  width: number,
  start_time: number,
  channels: z.number().int().default(0),
  sample_rate: number,
  bit_rate: number,
  disposition: z.record(z.string(), z.number()).default({}),
  tags: tagsSchema,
});
const outputSchema = z.object({
  streams: z.array(streamSchema),
  programs: programsSchema,
  chapters: z.array(z.object({ start_time: z.coerce.number(), end_time: z.coerce.number(), tags: tagsSchema })),
  format: z.object({ format_name: z.string(), start_time: number, tags: tagsSchema }),
});

/** Reads which streams, chapters and tags a file has. @throws WorldError when it cannot be opened. */
export async function readContents(file: string, signal?: AbortSignal): Promise<FileContents> {
  const { streams, programs, chapters, format } = outputSchema.parse(
    await readHeader(
      ['-show_streams', '-show_programs', '-show_chapters', '-show_format', ...sourceInput(file)],
      signal,
    ),
  );
  const isMov = format.format_name.startsWith('mov');
  return {
    format: format.format_name,
    streams: streams.map((stream) => describe(stream, isMov)),
    programs,
    chapters: chapters.map(({ start_time, end_time, tags }) => ({
      startSeconds: start_time,
      endSeconds: end_time,
      title: tags['title'],
    })),
    tags: Object.fromEntries(
      Object.entries(format.tags).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    startMicroseconds: format.start_time === undefined ? undefined : Math.round(format.start_time * 1e6),
  };
}

function describe(stream: z.infer<typeof streamSchema>, isMov: boolean): FileStream {
  const { tags, disposition } = stream;
  const language = tags['language']?.toLowerCase();
  return {
    index: stream.index,
    id: stream.id,
    kind: kindOf(stream),
    codec: ['none', 'unknown'].includes(stream.codec_name) ? '' : stream.codec_name,
    tag: stream.codec_tag_string,
    language: language === 'und' ? undefined : language,
    title: tags['filename'] ?? tags['title'] ?? (isMov ? titleOf(tags['handler_name']) : undefined),
    handler: isMov ? tags['handler_name'] : undefined,
    mimeType: tags['mimetype'],
    dispositions: Object.keys(disposition)
      .filter((name) => disposition[name] === 1 && name !== 'attached_pic')
      .sort(),
    timecode: tags['timecode'],
    startSeconds: stream.start_time,
    channels: stream.channels,
    sampleRate: stream.sample_rate ?? 0,
    ...(stream.codec_type === 'video' && !stream.width && { sizeless: true }),
    bitRate: stream.bit_rate ?? (Number(tags['bps'] ?? tags['bps-eng']) || undefined),
  };
}

function kindOf({ codec_type, disposition }: z.infer<typeof streamSchema>): FileStream['kind'] {
  if (disposition['attached_pic'] === 1) return 'cover';
  return codec_type === 'video' || codec_type === 'audio' || codec_type === 'subtitle' || codec_type === 'attachment'
    ? codec_type
    : 'data';
}

function titleOf(handler: string | undefined): string | undefined {
  return handler === undefined || handler === '' || /handler|core media|iso media|\bmuxer/i.test(handler)
    ? undefined
    : handler;
}
