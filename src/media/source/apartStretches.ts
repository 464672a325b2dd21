import type { Fields } from '../../job/source.js';
import type { FrameEvidence } from './fieldEvidence.js';

/** Frames of clear evidence that it takes to begin a stretch, and to end it. */
const TURN = 3;
/** More combing than this is no mixture of two times. */
const MOST_COMBING = 0.2;
/** Below this a pairing tells of two times: with the stream's word for it, and without. */
const PAIRING = { flagged: 0.55, unflagged: 0.3 };

const limitOf = (flagged: boolean): number => (flagged ? PAIRING.flagged : PAIRING.unflagged);

/**
 * The order in which most of the frames that seem to be of two times show their fields; undefined where they do not
 * agree, or are few.
 */
export function commonOrder(
  frames: readonly (FrameEvidence | undefined)[],
  flagged: boolean,
): Fields['order'] | undefined {
  const seen = frames.filter(
    (each) => each !== undefined && each.combing < MOST_COMBING && each.pairing < limitOf(flagged),
  );
  const top = seen.filter((each) => each?.topFirst).length;
  if (seen.length < 2 * TURN || Math.abs(top - seen.length / 2) < seen.length / 4) return undefined;
  return top > seen.length / 2 ? 'tff' : 'bff';
}

/** How much a frame speaks for fields of two times in this order: 1 clearly, -1 clearly not, 0 nothing. */
export function scoreFrame(frame: FrameEvidence | undefined, order: Fields['order'], flagged: boolean): number {
  if (!frame) return 0;
  if (frame.combing >= MOST_COMBING || frame.topFirst !== (order === 'tff')) return -1;
  return Math.max(-1, 1 - frame.pairing / limitOf(flagged));
}

/**
 * Divides a video into stretches that are interlaced and those that are not, so that the scores fit best and turns are
 * few (Viterbi's algorithm with two states).
 * @param scores of each pair of frames that follow each other; the first one is of frames 0 and 1.
 * @returns the interlaced stretches, half-open, in frames.
 */
export function apartStretches(scores: ArrayLike<number>): [number, number][] {
  const cameFrom = { apart: new Uint8Array(scores.length), whole: new Uint8Array(scores.length) };
  let [apart, whole] = [-TURN, 0];
  for (let i = 0; i < scores.length; i++) {
    const [stay, begin, end] = [apart, whole - TURN, apart - TURN];
    cameFrom.apart[i] = begin > stay ? 0 : 1;
    cameFrom.whole[i] = end > whole ? 1 : 0;
    [apart, whole] = [Math.max(stay, begin) + (scores[i] as number), Math.max(whole, end)];
  }
  const stretches: [number, number][] = [];
  let inside = apart - TURN > whole;
  for (let i = scores.length - 1, end = scores.length; i >= 0; i--) {
    const before = (inside ? cameFrom.apart[i] : cameFrom.whole[i]) === 1;
    if (inside && (!before || i === 0)) stretches.unshift([i, end + 1]);
    if (!inside && before) end = i;
    inside = before;
  }
  return stretches;
}
