import { rm, writeFile } from 'node:fs/promises';
import type { BitDepth } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import type { EncodeSpec } from '../../job/spec.js';
import { argv } from '../../lib/argv.js';
import type { Rational } from '../../lib/rational.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { DELIVERED_PIXELS, deliverableColor } from '../picture/color.js';
import { deliverableTags, enlargeFilters, type FilterScaling, padToEven } from '../picture/deliverable.js';
import { checkPts, type FrameSource, frameArgs } from '../picture/frameSource.js';
import { encoderOptions } from './encoders.js';

interface EncodeTarget {
  /** The frames `[start, end)`, counted over the whole video. `start` begins a GOP. */
  start: number;
  end: number;
  encode: EncodeSpec;
  /** Of the result. Default: 8. */
  bitDepth?: BitDepth;
  /** How wide a pixel of the result is shown to how high. Default: as the source's. */
  sampleAspectRatio?: Rational | undefined;
  /** An MP4 of its own. The same frames give the same bytes. */
  output: string;
  signal?: AbortSignal | undefined;
  /** Frames encoded so far, 0 to `end - start`, about twice a second. */
  onFrame?: (frames: number) => void;
}

export interface SourceEncode extends EncodeTarget {
  source: FrameSource;
  method: FilterScaling;
}

export interface MezzaninePart {
  /** Absolute path. */
  file: string;
  start: number;
  end: number;
}

export interface MezzanineEncode extends EncodeTarget {
  /** Upscaled frames in the deliverable's pixel format; in order, each beginning where the one before ends. */
  parts: readonly MezzaninePart[];
  info: SourceInfo;
  /** Size of the pictures in the parts. */
  width: number;
  height: number;
}

/**
 * Encodes frames of the source, enlarged by a filter in the same process.
 * @throws SegmentMismatch when the source does not decode to exactly these frames.
 */
export async function encodeFromSource(request: SourceEncode): Promise<void> {
  const { source, start, end, method } = request;
  const { input, filters } = frameArgs(source, start, end);
  const chain = [...filters, ...enlargeFilters(source.info, method, request.bitDepth)];
  const pts: number[] = [];
  const encoded = await run([...input, ...encoderArgs(source.info, chain, request)], request, (value) =>
    pts.push(value),
  );
  checkPts(source, start, pts, end);
  checkCount(encoded, request);
}

/** Encodes frames of the mezzanine. @throws when the parts do not hold them all. */
export async function encodeFromParts(request: MezzanineEncode): Promise<void> {
  const { parts, start, end, output } = request;
  const used = parts.filter((part) => part.start < end && part.end > start);
  const offset = start - (used[0]?.start ?? start);
  const list = `${output}.ffconcat`;
  const input = argv`
    -xerror -f concat -safe 0 -protocol_whitelist file -format_whitelist concat,nut -i file:${list} -map 0:v:0
    -fps_mode passthrough
  `;
  const chain = [
    `trim=start_frame=${offset}:end_frame=${offset + end - start}`,
    ...padToEven(request.width, request.height),
  ];
  try {
    await writeFile(list, concatList(used.map((part) => part.file)), { flag: 'wx' });
    checkCount(await run([...input, ...encoderArgs(request.info, chain, request)], request), request);
  } finally {
    await rm(list, { force: true });
  }
}

/** A list for the concat demuxer. @throws RangeError for a name with a line break, which its format cannot hold. */
export function concatList(files: readonly string[]): string {
  const lines = files.map((file) => {
    if (/[\r\n]/.test(file))
      throw new RangeError(`a list of parts cannot hold a name with a line break: ${JSON.stringify(file)}`);
    return `file 'file:${file.replaceAll("'", String.raw`'\''`)}'\n`;
  });
  return `ffconcat version 1.0\n${lines.join('')}`;
}

/** The rest of the command line: filters, encoder and output. */
export function encoderArgs(
  info: SourceInfo,
  filters: readonly string[],
  {
    encode,
    bitDepth = 8,
    output,
    sampleAspectRatio = info.video.sampleAspectRatio,
  }: Pick<EncodeTarget, 'encode' | 'bitDepth' | 'output' | 'sampleAspectRatio'>,
): string[] {
  const { frameRate } = info.video;
  const tags = deliverableTags(info);
  const {
    device,
    filters: upload,
    options,
  } = encoderOptions(encode, { chroma: deliverableColor(info).chromaLocation, bitDepth, hdr: info.video.hdr });
  const chain = [
    ...filters,
    `format=${DELIVERED_PIXELS[bitDepth]}`,
    // Timestamps count frames at the nominal rate, so that rate control does not depend on where the encode began.
    `settb=${frameRate.den}/${frameRate.num}`,
    'setpts=N',
    // By default it rounds to numbers up to 100.
    `setsar=r=${sampleAspectRatio.num}/${sampleAspectRatio.den}:max=65535`,
    `setparams=field_mode=prog:range=${tags.range}:color_primaries=${tags.primaries}:` +
      `color_trc=${tags.transfer}:colorspace=${tags.matrix}`,
    ...upload,
  ];
  return [
    ...argv`${device} -vf ${chain.join(',')} ${options} -enc_time_base ${frameRate.den}:${frameRate.num}`,
    // By `setpts` the frames of ffmpeg 7 lose how long they last: the last one would last no time, and readers drop
    // it. Both times are named, since `setts` alone makes one of the other.
    ...argv`
      -bsf:v setts=pts=PTS:dts=DTS:duration=1 -map_metadata -1 -map_chapters -1 -fflags +bitexact -flags:v +bitexact
      -f mp4 -y file:${output}
    `,
  ];
}

/**
 * x264's macroblock tree reads memory that it has not written: the same frames gave other bytes after an interruption,
 * when they lay in other parts.
 */
export const ZEROED_MEMORY = { zeroedMemory: true };

async function run(args: string[], { signal, onFrame }: EncodeTarget, onPts?: (pts: number) => void): Promise<number> {
  let encoded = 0;
  await runFfmpeg(args, {
    signal,
    ...ZEROED_MEMORY,
    ...(onPts && { onPts }),
    onProgress: ({ frame }) => {
      encoded = frame;
      onFrame?.(frame);
    },
  });
  return encoded;
}

export function checkCount(encoded: number, { start, end }: EncodeTarget): void {
  if (encoded !== end - start)
    throw new Error(`frames ${start} to ${end - 1} were encoded to ${encoded} frames instead of ${end - start}`);
}
