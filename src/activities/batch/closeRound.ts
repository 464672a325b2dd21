import type { BatchActivities } from '../../job/batch/contracts.js';
import { batchLayout } from '../../job/batch/layout.js';
import {
  type BatchEntry,
  type BatchSummary,
  roundCountsSchema,
  type VideoResult,
  type VideoStatus,
} from '../../job/batch/records.js';
import { shortBatch } from '../../job/batch/spec.js';
import { loadBatch, loadRound, readResults } from '../../job/batch/store.js';
import { resolveRooted } from '../../job/layout.js';
import { replaceJson, replaceText } from '../../lib/durable.js';
import { type ActivityDeps, runWork } from '../runActivity.js';
import { summaryPage } from './summaryPage.js';

export const closeRound =
  (deps: ActivityDeps): BatchActivities['closeRound'] =>
  ({ batchKey, round, status }) =>
    runWork(deps, async () => {
      const { roots } = deps;
      const batch = await loadBatch(roots, batchKey);
      const list = await loadRound(roots, batchKey, round);
      const results = await readResults(roots, batchKey, round);
      const place = ({ input, output }: Pick<BatchEntry, 'input' | 'output'>) => ({
        input: resolveRooted(roots, input),
        output: resolveRooted(roots, output),
      });
      const videos: VideoResult[] = [
        ...list.entries.map(
          (entry, index): VideoResult =>
            results.get(index) ?? { ...place(entry), status: status === 'cancelled' ? 'cancelled' : 'unfinished' },
        ),
        ...list.skipped.map((entry): VideoResult => ({ ...place(entry), status: 'skipped', job: entry.job })),
      ];
      const layout = batchLayout(roots, batchKey).round(round);
      const summary: BatchSummary = {
        batch: shortBatch(batch),
        name: batch.name,
        ...(batch.watch && { schedule: batch.watch.schedule }),
        status,
        ...totals(videos, list.startedAt),
        waiting: list.waiting.length,
        videos,
      };
      // The page first: whoever finds the summary finds both.
      await replaceText(
        layout.page,
        summaryPage(
          summary,
          list.waiting.map((file) => resolveRooted(roots, file)),
        ),
      );
      await replaceJson(layout.summary, summary);
      return roundCountsSchema.parse(summary);
    });

function totals(videos: readonly VideoResult[], startedAt: string) {
  const made = videos.filter(({ status }) => status === 'done' || status === 'damaged');
  const count = (...statuses: VideoStatus[]): number =>
    videos.filter(({ status }) => statuses.includes(status)).length;
  const sum = (value: (video: VideoResult) => number | undefined): number =>
    made.reduce((total, video) => total + (value(video) ?? 0), 0);
  const now = new Date();
  const seconds = Math.max(0.001, (now.getTime() - Date.parse(startedAt)) / 1000);
  const frames = sum((video) => video.frames);
  return {
    startedAt,
    endedAt: now.toISOString(),
    seconds,
    files: videos.length,
    done: made.length,
    skipped: count('skipped'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    unfinished: count('unfinished'),
    frames,
    inferredFrames: sum((video) => video.inferredFrames),
    fps: Math.round((100 * frames) / seconds) / 100,
    bytes: sum((video) => video.bytes),
  };
}
