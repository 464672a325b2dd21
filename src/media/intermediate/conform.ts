import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileDigest } from '../../job/parts.js';
import type { Conformed } from '../../job/records.js';
import type { Fields, SourceInfo } from '../../job/source.js';
import { countFrames, doubleTimeline, encodeTimeline, type Timeline } from '../../job/timeline.js';
import { argv } from '../../lib/argv.js';
import { randomName } from '../../lib/durable.js';
import { UserError } from '../../lib/errors.js';
import { toNumber } from '../../lib/rational.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import type { ToolResult } from '../ffmpeg/toolRun.js';
import { isRgb, LOSSLESS_RANGE } from '../picture/color.js';
import { frameSize } from '../picture/crop.js';
import { fieldFilters } from '../picture/deinterlace.js';
import { CONFORMED_RATE, inputFrom, printPts } from '../picture/frameSource.js';
import { repairFor, type TimestampRepair } from '../source/repair.js';

const STALL_MS = 60_000;
/** Ticks a second in the conformed file. NUT would divide coarser ones further. */
const TICKS = 50_000;

export interface ConformOptions {
  signal?: AbortSignal | undefined;
  /** What is done about interlaced pictures. Default: nothing. */
  fields?: Fields | undefined;
  /**
   * Chooses the frames that the file shall hold, once the times of all are known. The source is decoded twice then.
   * Default: all.
   */
  part?: ((timeline: Timeline) => { start: number; end: number }) | undefined;
  /** Frames decoded so far. */
  onFrame?: (frames: number) => void;
}

/**
 * Decodes the whole video once into an all-intra lossless file of the source's size and format, upright, whose
 * timestamps count frames at CONFORMED_RATE; the real ones, repaired where they cannot be true, are the returned
 * timeline. The file lies in `folder`, which must exist, under a random name. It is removed again when this fails.
 * Interlaced pictures become progressive on the way. Of a part, the timeline is still that of the whole video.
 * @param info as the scan returned it: `promisedFrames` is what the packets promise.
 * @throws UserError when nothing decodes, or when the decoder hangs.
 */
export async function conformSource(
  file: string,
  info: SourceInfo,
  folder: string,
  options: ConformOptions = {},
): Promise<Omit<Conformed, 'damaged'>> {
  const name = `${randomName()}.nut`;
  const output = path.join(folder, name);
  try {
    const { fields, part } = options;
    const counted = part && (await decodeAll(countArgs(file, info), info, options));
    const chosen = counted && part(timelineOf(counted.repair, info, fields));
    const { written, ...pass } = await decodeAll(conformArgs(file, info, output, fields, chosen), info, options);
    const { repair, stderrLines } = counted ?? pass;
    const timeline = timelineOf(repair, info, fields);
    const wanted = chosen ? chosen.end - chosen.start : countFrames(timeline);
    if ((fields || chosen) && written !== wanted)
      throw new Error(`${repair.pts.length} decoded frames became ${written} instead of ${wanted}`);
    const [sha256, { size }] = await Promise.all([fileDigest(output, options.signal), stat(output)]);
    return {
      file: name,
      bytes: size,
      sha256,
      timeline,
      decoded: repair.pts.length,
      promised: info.video.promisedFrames ?? repair.pts.length,
      errors: stderrLines,
      repairedTimestamps: repair.repaired,
    };
  } catch (error) {
    await rm(output, { force: true });
    throw error;
  }
}

async function decodeAll(
  args: string[],
  info: SourceInfo,
  { signal, onFrame }: ConformOptions,
): Promise<ToolResult & { repair: TimestampRepair; written: number }> {
  let written = 0;
  const repair = repairFor(info);
  const stall = new AbortController();
  const stalled = (): void => {
    stall.abort(
      new UserError(`the video cannot be decoded beyond frame ${repair.pts.length}: the decoder gives nothing more`),
    );
  };
  const watch = setTimeout(stalled, STALL_MS);
  try {
    const result = await runFfmpeg(args, {
      signal: signal ? AbortSignal.any([signal, stall.signal]) : stall.signal,
      onPts: (pts) => {
        repair.push(pts);
        watch.refresh();
      },
      onProgress: ({ frame }) => {
        written = frame;
        onFrame?.(frame);
      },
    });
    if (repair.pts.length === 0)
      throw new UserError('no frame of the video can be decoded: it is damaged or encrypted');
    return { ...result, repair, written };
  } finally {
    clearTimeout(watch);
  }
}

function timelineOf({ pts }: TimestampRepair, info: SourceInfo, fields: Fields | undefined): Timeline {
  const frames = encodeTimeline(pts, info.video.timebase, nominalStep(info));
  return fields?.remedy === 'double' ? doubleTimeline(frames) : frames;
}

const nominalStep = ({ video }: SourceInfo): number =>
  Math.max(1, Math.round(1 / (toNumber(video.frameRate) * toNumber(video.timebase))));

const countArgs = (file: string, { video }: SourceInfo): string[] => argv`
  ${inputFrom(file, video.index, undefined)} -vf ${[...printPts(), 'settb=1/25', 'setpts=N'].join(',')}
  -enc_time_base 1:25 -f null -
`;

/** @param chosen numbers of the frames to write, half-open, counted as they are written. */
const conformArgs = (
  file: string,
  info: SourceInfo,
  output: string,
  fields: Fields | undefined,
  chosen: { start: number; end: number } | undefined,
): string[] => [
  // Filters that look at several frames, or count them, would lose some when they begin anew at a change of size.
  ...(fields || chosen ? ['-reinit_filter', '0'] : []),
  ...inputFrom(file, info.video.index, undefined),
  ...losslessArgs(info, printPts(), output, [
    ...(fields ? fieldFilters(fields) : []),
    ...(chosen ? [`trim=start_frame=${chosen.start}:end_frame=${chosen.end}`] : []),
  ]),
];

/**
 * Output arguments that write whole frames losslessly, in the source's size and format but for alpha, each decodable
 * by itself; the timestamps count frames at CONFORMED_RATE.
 * @param head filters that come first.
 * @param native filters that get the pictures in their own planes.
 */
export function losslessArgs(
  { video }: SourceInfo,
  head: readonly string[],
  output: string,
  native: readonly string[] = [],
): string[] {
  const { codec, pixelFormat } = losslessFormat(video);
  const { range } = video.color;
  const { width, height } = frameSize(video);
  const filters = [
    ...head,
    // Names the range on both sides, so that a format that only implies it (yuvj420p) is copied, not converted.
    `scale=w=${width}:h=${height}:in_range=${range}:out_range=${range}`,
    `format=${pixelFormat}`,
    ...native,
    LOSSLESS_RANGE,
  ];
  return [
    ...argv`-vf ${filters.join(',')} -enc_time_base 1:${TICKS} -c:v ${codec}`,
    // Packets are counted, not frames, since the filters begin anew where the picture changes its size in mid-stream.
    ...argv`-bsf:v setts=ts=N*${TICKS / CONFORMED_RATE} -f nut -y file:${output}`,
  ];
}

const UT_VIDEO = ['yuv420p', 'yuv422p', 'yuv444p', 'gbrp'];

/** The fastest lossless codec that takes the source's samples as they are, alpha dropped. */
function losslessFormat(video: SourceInfo['video']): { codec: string[]; pixelFormat: string } {
  const { bitDepth } = video;
  const { width, height } = frameSize(video);
  const planar = video.pixelFormat
    .replace(/^yuvj/, 'yuv')
    .replace(/^yuva/, 'yuv')
    .replace(/^gbrap/, 'gbrp')
    .replace(/^ya(8|16)/, 'gray$1')
    .replace(/^gray8$/, 'gray');
  const pixelFormat = isRgb(planar) && !planar.startsWith('gbrp') ? (bitDepth > 8 ? 'gbrp16le' : 'gbrp') : planar;
  const even = width % 2 === 0 && height % 2 === 0;
  if (UT_VIDEO.includes(pixelFormat) && even) return { codec: ['utvideo'], pixelFormat };
  if (bitDepth > 8 && even) return { codec: ['ffvhuff'], pixelFormat };
  // Level 1 takes every size; newer ones divide the picture into slices and lose small ones.
  return { codec: ['ffv1', '-level', '1', '-g', '1'], pixelFormat };
}
