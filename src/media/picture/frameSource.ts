import type { Clip } from '../../job/range.js';
import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { SegmentMismatch } from '../../lib/errors.js';
import { toNumber } from '../../lib/rational.js';
import { PTS_FD } from '../ffmpeg/runFfmpeg.js';
import { sourceInput } from '../ffmpeg/tools.js';
import { cropFilters } from './crop.js';

/** A video whose frames can be read by number. */
export interface FrameSource {
  file: string;
  /** `conformed`: an all-intra file whose timestamps are the frame numbers (see conform.ts). */
  from: 'source' | 'conformed';
  info: SourceInfo;
  /** The source's own timestamps of all frames in ticks, strictly increasing. */
  pts: Float64Array;
  /** Ticks that a decode of the source must start before its first frame. */
  runIn: number;
  /** Of a part of a source: what lies around its frames. */
  around?: Clip['around'] | undefined;
}

/** Frames a second in a conformed file: its timestamps count frames, so the number itself means nothing. */
export const CONFORMED_RATE = 25;
/** Frames that a read of a conformed file starts early, so that rounding of the seek never costs one. */
const CONFORMED_RUN_IN = 2;

/**
 * Frames are flagged as interlaced in some streams where they are not; conversions would then treat their fields by
 * themselves.
 */
const WHOLE_FRAMES = 'setfield=prog';

/** The filters that print the timestamp of every frame to a file descriptor, one line each, as the frame passes. */
export const printPts = (fd: number = PTS_FD): string[] => [
  // Only frames with metadata are printed.
  'metadata=mode=add:key=reelscale:value=1',
  `metadata=mode=print:key=reelscale:file='pipe\\:${fd}':direct=1`,
];

/**
 * The arguments that give exactly the frames `[start, end)`, counted over the whole video.
 * - `input`: up to and including `-map` and `-fps_mode passthrough`.
 * - `filters`: the head of the `-vf` chain; it prints each frame's timestamp to `fd` before anything changes it, and
 *   cuts off what is not used.
 *   What it prints is to be compared by {@link checkPts}.
 *
 * Decoding starts a run-in earlier, since a decoder that begins at `start` itself shows other pictures or none where
 * references lie before it; the frames of the run-in are dropped by their timestamps.
 */
export function frameArgs(
  source: FrameSource,
  start: number,
  end: number,
  fd: number = PTS_FD,
): { input: string[]; filters: string[] } {
  if (!(start >= 0 && start < end && end <= source.pts.length))
    throw new RangeError(`no frames ${start} to ${end} in a video of ${source.pts.length}`);
  return source.from === 'conformed' ? conformedArgs(source, start, end, fd) : seekArgs(source, start, end, fd);
}

function seekArgs({ file, info, pts, runIn, around }: FrameSource, start: number, end: number, fd: number) {
  const { index, timebase } = info.video;
  const from = (pts[start] as number) - runIn;
  const next = end < pts.length ? pts[end] : around?.nextPts;
  const trim = next === undefined ? `trim=start_pts=${pts[start]}` : `trim=start_pts=${pts[start]}:end_pts=${next}`;
  return {
    input: inputFrom(file, index, from > (around?.firstPts ?? pts[0] ?? 0) ? from * toNumber(timebase) : undefined),
    filters: [trim, ...printPts(fd), WHOLE_FRAMES, ...cropFilters(info.video)],
  };
}

function conformedArgs({ file, info }: FrameSource, start: number, end: number, fd: number) {
  const from = start - CONFORMED_RUN_IN;
  return {
    input: inputFrom(file, 0, from > 0 ? from / CONFORMED_RATE : undefined),
    filters: [
      `settb=1/${CONFORMED_RATE}`,
      `trim=start_pts=${start}:end_pts=${end}`,
      ...printPts(fd),
      WHOLE_FRAMES,
      ...cropFilters(info.video),
    ],
  };
}

/**
 * The arguments that decode one stream with its own timestamps, from a keyframe at or before `seconds`, or from the
 * beginning. The first frames may be undecodable; what comes is to be chosen and checked by timestamps.
 */
export const inputFrom = (file: string, stream: number, seconds: number | undefined): string[] => [
  '-max_error_rate',
  '1',
  '-copyts',
  ...(seconds === undefined ? [] : ['-noaccurate_seek', '-seek_timestamp', '1', '-ss', microseconds(seconds)]),
  ...argv`${sourceInput(file)} -map 0:${stream} -fps_mode passthrough`,
];

/** Rounded down to ffmpeg's microseconds. */
const microseconds = (value: number): string => (Math.floor(value * 1e6) / 1e6).toFixed(6);

/**
 * Compares the timestamps that {@link frameArgs} printed with those expected from frame `start` on.
 * @param end where given, every frame up to it must have come.
 * @throws SegmentMismatch that names the first difference.
 */
export function checkPts(
  source: Pick<FrameSource, 'from' | 'pts'>,
  start: number,
  pts: ArrayLike<number>,
  end?: number,
): void {
  for (let i = 0; i < pts.length; i++) {
    const frame = start + i;
    const expected = source.from === 'conformed' ? frame : source.pts[frame];
    if (pts[i] !== expected)
      throw new SegmentMismatch(
        `frame ${frame} has the timestamp ${pts[i]}, not ${expected ?? 'one beyond the last frame'}`,
      );
  }
  if (end !== undefined && pts.length !== end - start)
    throw new SegmentMismatch(`frames ${start} to ${end - 1} gave ${pts.length} frames, not ${end - start}`);
}
