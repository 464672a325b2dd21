import type { Contents } from '../../job/contents.js';
import type { Hdr } from '../../job/source.js';
import { ContentFailure } from '../../lib/errors.js';
import { parseRational, type Rational } from '../../lib/rational.js';
import { CODECS } from '../encode/encoders.js';
import { hdrTransfer } from '../picture/color.js';
import type { DeliverableTags } from '../picture/deliverable.js';
import { contentsOf, type FileContents } from '../source/fileContents.js';
import { compareHdr, readHdr, readSideData } from '../source/hdr.js';
import { fileHeader, type Header, type HeaderStream, isCover } from '../source/header.js';
import { checkContents } from './checkContents.js';

export interface ExpectedStreams {
  width: number;
  height: number;
  /** As ffmpeg names it. */
  pixelFormat: string;
  contents: Contents;
  /** As ffmpeg names them. */
  colors: DeliverableTags;
  /** What of HDR is not in the tags. */
  hdr?: Hdr | undefined;
}

export interface Inventory {
  durationSeconds: number;
  video: {
    /** Of the stream, as in `-map 0:<index>`. */
    index: number;
    codec: string;
    tag: string;
    width: number;
    height: number;
    pixelFormat: string;
    range: 'limited' | 'full';
    /** As ffmpeg names them; `unknown` where there is no tag. */
    colors: Omit<DeliverableTags, 'range'> & { range: string };
    /** There for HDR's transfer functions. */
    hdr: Hdr | undefined;
    sampleAspectRatio: Rational;
    timebase: Rational;
    durationSeconds: number | undefined;
  }[];
  audio: { index: number; codec: string; durationSeconds: number | undefined }[];
  /** All of its streams, chapters and tags. */
  contents: FileContents;
}

/** The streams of a file that a header names; what is wrong with it, where it cannot be opened. */
export async function inventory(file: string, signal?: AbortSignal): Promise<Inventory | string> {
  let header: Header;
  try {
    header = await fileHeader(file, signal);
  } catch (error) {
    if (error instanceof ContentFailure) return error.message;
    throw error;
  }
  const { streams, format } = header;
  return {
    durationSeconds: format.duration ?? 0,
    video: await Promise.all(
      streams
        .filter((s) => s.codec_type === 'video' && !isCover(s))
        .map(async (s) => ({
          index: s.index,
          codec: s.codec_name ?? 'unknown',
          tag: s.codec_tag_string ?? '',
          width: s.width ?? 0,
          height: s.height ?? 0,
          pixelFormat: s.pix_fmt ?? 'unknown',
          range: s.color_range === 'pc' ? 'full' : 'limited',
          colors: {
            matrix: s.color_space ?? 'unknown',
            primaries: s.color_primaries ?? 'unknown',
            transfer: s.color_transfer ?? 'unknown',
            range: s.color_range ?? 'unknown',
          },
          sampleAspectRatio: parseRational(s.sample_aspect_ratio) ?? { num: 1, den: 1 },
          timebase: parseRational(s.time_base) ?? { num: 1, den: 1 },
          durationSeconds: durationOf(s),
          hdr: hdrTransfer({ transfer: s.color_transfer }) && readHdr(await readSideData(file, s.index, signal)),
        })),
    ),
    audio: streams
      .filter((s) => s.codec_type === 'audio')
      .map((s) => ({ index: s.index, codec: s.codec_name ?? 'unknown', durationSeconds: durationOf(s) })),
    contents: contentsOf(header),
  };
}

/** Matroska names a track's end, on the file's clock, in a tag: `00:00:02.025000000`. */
function durationOf({ duration, start_time, tags }: HeaderStream): number | undefined {
  if (duration !== undefined) return duration;
  const [, hours, minutes, rest] = /^(\d+):(\d+):([\d.]+)$/.exec(tags['duration'] ?? '') ?? [];
  return rest === undefined
    ? undefined
    : Number(hours) * 3600 + Number(minutes) * 60 + Number(rest) - (start_time ?? 0);
}

/** What is wrong with the streams, each in one line. */
export function checkInventory(
  { video, audio, contents }: Inventory,
  expected: ExpectedStreams & { sampleAspectRatio: Rational },
): string[] {
  const problems: string[] = [];
  const [first] = video;
  if (video.length !== 1) problems.push(`it has ${video.length} video streams instead of 1`);
  if (first) {
    // Browsers play H.264 and H.265 in an MP4 by these names only; that it is the planned codec is checked with all
    // tracks.
    const { tag = first.tag } = Object.values(CODECS).find(({ probed }) => probed === first.codec) ?? {};
    if (expected.contents.container === 'mp4' && first.tag !== tag)
      problems.push(`the video's ${first.codec} is called ${first.tag} instead of ${tag}`);
    if (first.width !== expected.width || first.height !== expected.height) {
      problems.push(`the picture is ${first.width}x${first.height} instead of ${expected.width}x${expected.height}`);
    }
    const [is, wanted] = [first.sampleAspectRatio, expected.sampleAspectRatio];
    // Matroska holds the width on the screen in whole pixels; ffmpeg's reader takes the shape of a pixel from there.
    const error = Math.abs((is.num / is.den - wanted.num / wanted.den) * first.width);
    if (error > (expected.contents.container === 'mkv' ? 1 : 0))
      problems.push(`the pixels' aspect ratio is ${is.num}:${is.den} instead of ${wanted.num}:${wanted.den}`);
    // ffprobe has names of their own for full range.
    if (first.pixelFormat.replace('yuvj', 'yuv') !== expected.pixelFormat)
      problems.push(`the pixels are ${first.pixelFormat} instead of ${expected.pixelFormat}`);
    problems.push(...checkColors(first.colors, expected.colors), ...compareHdr(first.hdr ?? {}, expected.hdr ?? {}));
  }
  for (const [i, track] of audio.entries()) {
    if (!track.durationSeconds) problems.push(`audio track ${i + 1} (${track.codec}) is empty`);
  }
  return [...problems, ...checkContents(contents, expected.contents)];
}

const COLOR_NAMES = {
  matrix: 'colour matrix',
  primaries: 'colour primaries',
  transfer: 'transfer function',
  range: 'colour range',
} as const;

function checkColors(is: Inventory['video'][number]['colors'], wanted: DeliverableTags): string[] {
  return (Object.keys(COLOR_NAMES) as (keyof typeof COLOR_NAMES)[]).flatMap((name) =>
    is[name] === wanted[name] ? [] : [`the ${COLOR_NAMES[name]} is tagged ${is[name]} instead of ${wanted[name]}`],
  );
}
