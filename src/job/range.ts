import { UserError } from '../lib/errors.js';
import { type Rational, toNumber } from '../lib/rational.js';
import type { PictureSpec } from './pictureSpec.js';
import type { SourceInfo } from './source.js';
import { decodeTimeline, encodeTimeline, type Timeline } from './timeline.js';

export type Range = NonNullable<PictureSpec['range']>;

/** Half a millisecond: times that people write down are rounded to it. */
const ROUNDING = 0.000_5;

/**
 * The frames `[start, end)` that are first shown within a part of a video.
 * @param pts of all frames in ticks, increasing.
 * @param origin when the file begins, in seconds of its own clock.
 * @throws UserError of one line where there are none.
 */
export function framesWithin(
  { from = 0, to = Infinity }: Range,
  { pts, timebase, origin }: { pts: ArrayLike<number>; timebase: Rational; origin: number },
): { start: number; end: number } {
  const tick = toNumber(timebase);
  const reached = (seconds: number): number => {
    let [low, high] = [0, pts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pts[middle] as number) * tick - origin + ROUNDING >= seconds) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  // What is shown before the file's own beginning belongs to it.
  const [start, end] = [from === 0 ? 0 : reached(from), reached(to)];
  if (start < end) return { start, end };
  throw new UserError(
    `no frame begins ${to === Infinity ? `from ${from} s on` : `from ${from} s to before ${to} s`}: ` +
      'choose another part with --from and --to',
  );
}

/** What a result's name has in place of its source's extension: `.x4.mp4`, of a part `.from600.to630.x4.mp4`. */
export const resultEnding = ({ from, to }: Range, scale: number, container: string): string =>
  `${from === undefined ? '' : `.from${from}`}${to === undefined ? '' : `.to${to}`}.x${scale}.${container}`;

/** A part of a source's frames, and where it lies. */
export interface Clip {
  /** Of its frames alone. */
  timeline: Timeline;
  /** When the whole video begins, and when the frame is shown that follows the part, if one does; in ticks. */
  around: { firstPts: number; nextPts: number | undefined };
  /** Where everything else is cut, in seconds of the source's clock; left out at an end that was not asked for. */
  cut: { from?: number; to?: number };
}

/** @param origin as in {@link framesWithin}. @throws UserError of one line where no frame is in it. */
export function clipOf(whole: Timeline, range: Range, origin: number): Clip {
  const pts = decodeTimeline(whole);
  const tick = toNumber(whole.timebase);
  const { start, end } = framesWithin(range, { pts, timebase: whole.timebase, origin });
  const next = pts[end];
  return {
    timeline: encodeTimeline(
      pts.subarray(start, end),
      whole.timebase,
      next === undefined ? whole.lastDuration : next - (pts[end - 1] as number),
    ),
    around: { firstPts: whole.firstPts, nextPts: next },
    cut: {
      ...(range.from !== undefined && { from: (pts[start] as number) * tick }),
      ...(range.to !== undefined && { to: next === undefined ? origin + range.to : next * tick }),
    },
  };
}

/** When a file begins on its own clock: players show 0 then. Sound may lie before zero, where it is not heard. */
export const originOf = ({ startSeconds = 0 }: Pick<SourceInfo, 'startSeconds'>): number => Math.max(0, startSeconds);

/** What is known of a part of a source before its packets are read. */
export function clipInfo(info: SourceInfo, range: Range | undefined): SourceInfo {
  const { durationSeconds, video } = info;
  if (!range || !durationSeconds) return info;
  const seconds = Math.max(0, Math.min(durationSeconds, range.to ?? Infinity) - (range.from ?? 0));
  const { promisedFrames } = video;
  return {
    ...info,
    durationSeconds: seconds,
    video: {
      ...video,
      ...(promisedFrames !== undefined && { promisedFrames: Math.ceil((promisedFrames * seconds) / durationSeconds) }),
    },
  };
}
