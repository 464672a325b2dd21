import type { ContentTrack } from '../../job/contents.js';
import { fileHeader, type Header, type HeaderStream, isCover } from './header.js';
import type { Program } from './programs.js';

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

/** Reads which streams, chapters and tags a file has. @throws WorldError when it cannot be opened. */
export const readContents = async (file: string, signal?: AbortSignal): Promise<FileContents> =>
  contentsOf(await fileHeader(file, signal));

/** Which streams, chapters and tags a header tells of. */
export function contentsOf({ streams, programs, chapters, format }: Header): FileContents {
  const isMov = format.format_name.startsWith('mov');
  return {
    format: format.format_name,
    streams: streams.map((stream) => describe(stream, isMov)),
    programs,
    // One without a time stands nowhere.
    chapters: chapters.flatMap(({ start_time: startSeconds, end_time: endSeconds, tags }) =>
      startSeconds === undefined || endSeconds === undefined
        ? []
        : [{ startSeconds, endSeconds, title: tags['title'] }],
    ),
    tags: Object.fromEntries(
      Object.entries(format.tags).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    startMicroseconds: format.start_time === undefined ? undefined : Math.round(format.start_time * 1e6),
  };
}

function describe(stream: HeaderStream, isMov: boolean): FileStream {
  const { tags, disposition, codec_name = '', codec_tag_string = '', channels = 0 } = stream;
  const language = tags['language']?.toLowerCase();
  return {
    index: stream.index,
    id: stream.id,
    kind: kindOf(stream),
    codec: ['none', 'unknown'].includes(codec_name) ? '' : codec_name,
    tag: codec_tag_string,
    language: language === 'und' ? undefined : language,
    title: tags['filename'] ?? tags['title'] ?? (isMov ? titleOf(tags['handler_name']) : undefined),
    handler: isMov ? tags['handler_name'] : undefined,
    mimeType: tags['mimetype'],
    dispositions: Object.keys(disposition)
      .filter((name) => disposition[name] === 1 && name !== 'attached_pic')
      .sort(),
    timecode: tags['timecode'],
    startSeconds: stream.start_time,
    channels,
    sampleRate: stream.sample_rate ?? 0,
    ...(stream.codec_type === 'video' && !stream.width && { sizeless: true }),
    bitRate: stream.bit_rate ?? (Number(tags['bps'] ?? tags['bps-eng']) || undefined),
  };
}

function kindOf(stream: HeaderStream): FileStream['kind'] {
  const { codec_type } = stream;
  if (isCover(stream)) return 'cover';
  return codec_type === 'video' || codec_type === 'audio' || codec_type === 'subtitle' || codec_type === 'attachment'
    ? codec_type
    : 'data';
}

function titleOf(handler: string | undefined): string | undefined {
  return handler === undefined || handler === '' || /handler|core media|iso media|\bmuxer/i.test(handler)
    ? undefined
    : handler;
}
