import { stat } from 'node:fs/promises';
import { type SourceInfo, sourceInfoSchema } from '../../job/source.js';
import { UserError } from '../../lib/errors.js';
import { shown } from '../../lib/printable.js';
import { parseRational, type Rational, toNumber } from '../../lib/rational.js';
import { bitDepth, hdrTransfer, readColor } from '../picture/color.js';
import { type FirstFrame, firstFrame } from './firstFrame.js';
import { isPureDolbyVision, readHdr, readSideData } from './hdr.js';
import { type HeaderStream, isCover } from './header.js';
import { programOf, streamsOf } from './programs.js';
import { isRaw } from './repair.js';
import { requireHeader } from './requireHeader.js';
import { showsThrough } from './transparency.js';

export interface ProbeOptions {
  /** Number of the programme that is meant. Default: that of the stream that players show. */
  program?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Reads what a video is, and decodes its first frame.
 * @throws UserError of one line for anything that is not a video that can be decoded.
 */
export async function probeSource(file: string, options: ProbeOptions = {}): Promise<SourceInfo> {
  const { format, programs, streams: all } = await requireHeader(file, options.signal);
  const asked = options.program === undefined ? undefined : programOf(shown(file), programs, options.program);
  const stream = chooseVideo(streamsOf(all, programs, asked));
  const program =
    programs.length > 1 ? (asked ?? programs.find((each) => each.streams.includes(stream?.index ?? -1))) : undefined;
  const streams = streamsOf(all, programs, program ?? asked);
  if (!stream) {
    throw new UserError(
      `${asked ? `programme ${asked.number} of ` : ''}${shown(file)} has no video` +
        `${streams.some((s) => s.codec_type === 'audio') ? ', only sound' : ''}`,
    );
  }
  const { size } = await stat(file);
  if ((stream.nb_frames ?? 0) > size)
    throw new UserError(
      `${shown(file)} promises ${stream.nb_frames} frames in its header, and holds ${size} bytes: it is damaged`,
    );
  const first = await firstFrame(file, stream.index, options.signal);
  if (typeof first === 'string' || !stream.pix_fmt) throw new UserError(undecodable(file, stream, first));
  if (isPureDolbyVision(stream.side_data_list))
    throw new UserError(
      `${shown(file)} is Dolby Vision with colours of its own (profile 5), which would come out wrong: ` +
        'convert it to HDR10 first',
    );
  const alpha =
    hasAlpha(stream) && (stream.codec_name !== 'gif' || (await showsThrough(file, stream.index, options.signal)));
  const video = {
    ...describe(file, format.format_name, { ...stream, pix_fmt: stream.pix_fmt }, first),
    ...(alpha && { alpha: true as const }),
  };
  const hdr = hdrTransfer(video.color.tags) && readHdr(await readSideData(file, stream.index, options.signal));
  return sourceInfoSchema.parse({
    format: format.format_name,
    ...(program
      ? { program: program.number, ...extentOf(streams) }
      : { durationSeconds: format.duration, startSeconds: format.start_time }),
    video: { ...video, ...(hdr && { hdr }) },
    audio: streams
      .filter((s) => s.codec_type === 'audio')
      .map((s) => ({
        index: s.index,
        codec: s.codec_name ?? '',
        channels: s.channels ?? 0,
        sampleRate: s.sample_rate ?? 0,
        bitRate: s.bit_rate,
      })),
  });
}

/**
 * The stream that players show: marked as default, else the first of which there is a picture. Attached pictures are
 * covers.
 */
function chooseVideo(streams: HeaderStream[]): HeaderStream | undefined {
  const videos = streams.filter((s) => s.codec_type === 'video' && !isCover(s));
  return videos.find((s) => s.disposition['default'] === 1) ?? videos.find(({ width = 0 }) => width > 0) ?? videos[0];
}

/** When the first of these streams begins, and how long it is until the last one ends, in seconds. */
function extentOf(streams: HeaderStream[]): Pick<SourceInfo, 'startSeconds' | 'durationSeconds'> {
  const timed = streams.flatMap(({ start_time: start, duration }) =>
    start === undefined || duration === undefined ? [] : [{ start, end: start + duration }],
  );
  if (timed.length === 0) return {};
  const startSeconds = Math.min(...timed.map(({ start }) => start));
  return { startSeconds, durationSeconds: Math.max(...timed.map(({ end }) => end)) - startSeconds };
}

function undecodable(file: string, stream: HeaderStream, why: FirstFrame | string): string {
  const codec =
    stream.codec_name && stream.codec_name !== 'unknown' ? stream.codec_name : (stream.codec_tag_string ?? 'unknown');
  if (why === 'no decoder') return `${shown(file)} is coded as ${codec}, for which this ffmpeg has no decoder`;
  return `${shown(file)} cannot be decoded from the start (${codec}): it is damaged or encrypted`;
}

function describe(
  file: string,
  format: string,
  stream: HeaderStream & { pix_fmt: string },
  first: FirstFrame,
): SourceInfo['video'] {
  const timebase = parseRational(stream.time_base);
  if (!timebase) throw new UserError(`${shown(file)} has no usable timebase`);
  const { width, height, sampleAspectRatio, rate } = first;
  const pixelFormat = stream.pix_fmt;
  return {
    index: stream.index,
    codec: stream.codec_name ?? 'unknown',
    width,
    height,
    pixelFormat,
    bitDepth: bitDepth(pixelFormat),
    sampleAspectRatio,
    timebase,
    // Of a raw stream ffprobe's average may be what is assumed where nothing is known, 25, and the other its rate of
    // fields.
    frameRate:
      (isRaw(format) ? rate : undefined) ??
      nominalRate(parseRational(stream.r_frame_rate), parseRational(stream.avg_frame_rate)),
    ...(stream.nb_frames !== undefined && stream.nb_frames > 0 && { promisedFrames: stream.nb_frames }),
    reorderDepth: stream.has_b_frames ?? 0,
    color: readColor(stream, width, height),
  };
}

/** VP8 and VP9 hold alpha beside the pictures, in a stream of its own that only a tag tells of. */
const hasAlpha = ({ pix_fmt = '', tags }: HeaderStream): boolean =>
  tags['alpha_mode'] === '1' || /^(yuva|gbrap|rgba|bgra|argb|abgr|ya\d)/.test(pix_fmt);

/**
 * `r_frame_rate` is exact for a constant rate (24000/1001) where the average is only near it; with a variable rate it
 * is the finest step there is, far from the average.
 */
function nominalRate(real: Rational | undefined, average: Rational | undefined): Rational {
  if (!real || !average) return real ?? average ?? { num: 25, den: 1 };
  const ratio = toNumber(real) / toNumber(average);
  // Of two rates that differ, the higher is the one that a few irregular timestamps misled.
  return ratio < 1.05 ? real : average;
}
