import type { RoundCounts, VideoResult } from './records.js';

/** What has become of a round's videos, as in `3 done, 1 failed`. */
export function countsText({ done, skipped, failed, cancelled, unfinished, waiting }: RoundCounts): string {
  const counts = (
    [
      [done, 'done'],
      [skipped, 'finished before'],
      [failed, 'failed'],
      [cancelled, 'cancelled'],
      [unfinished, 'unfinished'],
      [waiting, 'still being written'],
    ] as const
  )
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`);
  return counts.join(', ') || 'nothing to do';
}

const WORST_FIRST: VideoResult['status'][] = ['failed', 'damaged', 'cancelled', 'unfinished', 'done', 'skipped'];

/** Orders results: what needs a look comes first, what was there before last. */
export const byUrgency = (a: VideoResult, b: VideoResult): number =>
  WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status);
