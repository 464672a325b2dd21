import type { PlanRequest } from './plannedTrack.js';

/**
 * Subtitles may begin this much earlier than sound and pictures and still count as the beginning: libavformat's own
 * limit.
 */
const EARLY_TEXT = 1e6;

export const micro = (seconds: number): number => Math.round(seconds * 1e6);

/**
 * The time of the source that becomes zero, in microseconds: where the first of its streams begins; of a part that
 * begins later, its first frame. In MP4, sound before zero (an encoder's priming in containers that cannot mark it) is
 * not heard in the source either and stays before zero. Matroska has no times before zero, and counts in milliseconds:
 * the first frame gets a whole number of them, so that the others are rounded once.
 * @param starts when the packets of each audio track begin, in seconds of the source's clock.
 */
export function timeOriginOf(
  { source, container, firstPts, cut }: Pick<PlanRequest, 'source' | 'container' | 'firstPts' | 'cut'>,
  starts: readonly number[],
): number {
  const first = micro(firstPts);
  if (cut?.from !== undefined) return apart(first, container === 'mkv' ? 1000 : 1, source);
  const heard = Math.min(first, ...starts.map(micro));
  const texts = source.streams.flatMap(({ kind, startSeconds }) =>
    kind === 'subtitle' && startSeconds !== undefined ? [micro(startSeconds)] : [],
  );
  const earliest = Math.min(heard, ...texts.filter((time) => time >= heard - EARLY_TEXT));
  if (container === 'mkv') return apart(first - Math.ceil((first - earliest) / 1000) * 1000, 1000, source);
  return apart(first < 0 ? first : Math.max(0, earliest), 1, source);
}

/**
 * Where timestamps may jump, as in a transport stream, ffmpeg takes an offset that is exactly the file's start for its
 * own, and moves it to the first mapped stream.
 */
function apart(zero: number, step: number, { format, startMicroseconds }: PlanRequest['source']): number {
  return zero === startMicroseconds && !/^(mov|matroska)/.test(format) ? zero - step : zero;
}
