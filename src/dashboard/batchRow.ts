import { mergeBatch } from '../client/batch/batchRound.js';
import type { LiveProgress } from '../client/job/live.js';
import type { BatchProgress } from '../job/batch/contracts.js';
import type { BatchSummary } from '../job/batch/records.js';
import type { BatchSpec } from '../job/batch/spec.js';
import { type Roots, resolveRooted } from '../job/layout.js';
import type { Batch } from './schemas/batches.js';

/** The latest round that has ended. */
export interface LastRound {
  round: string;
  summary: BatchSummary;
}

interface Seen {
  /** Of the round at work. */
  progress: BatchProgress | undefined;
  jobOf: (jobKey: string) => LiveProgress | undefined;
  last: LastRound | undefined;
  /** The latest round that was begun. */
  latest: string | undefined;
}

/** What the list shows of a batch: its round at work, else its last one. */
export function batchRowOf(
  roots: Roots,
  { batchKey, name, watch, outDir, scale, flags, createdAt }: BatchSpec,
  { progress, jobOf, last, latest }: Seen,
): Batch {
  const method = flags['model'] ?? flags['preset'];
  const row = {
    batch: batchKey,
    name,
    ...(watch && { schedule: watch.schedule }),
    outDir: resolveRooted(roots, outDir),
    how: `${typeof method === 'string' ? method : 'automatic'} x${scale}`,
    createdAt,
    page: last !== undefined,
  };
  // Its workflow may still be listed for a moment after its end.
  if (progress && progress.stage !== 'done') return { ...row, ...atWork(progress, jobOf) };
  const empty = {
    percent: 0,
    files: 0,
    done: 0,
    skipped: 0,
    failed: 0,
    cancelled: 0,
    waiting: 0,
    frames: 0,
    fps: 0,
    working: [],
    failures: [],
  };
  if (!last || last.round !== latest)
    return { ...row, ...empty, status: latest === undefined ? 'new' : 'interrupted' };
  const { status, files, done, skipped, failed, cancelled, unfinished, waiting, frames, fps, endedAt } = last.summary;
  const percent = files === 0 ? 100 : Math.floor((1000 * (files - unfinished)) / files) / 10;
  return { ...row, ...empty, status, percent, files, done, skipped, failed, cancelled, waiting, frames, fps, endedAt };
}

function atWork(progress: BatchProgress, jobOf: Seen['jobOf']) {
  const running = progress.running.map(({ jobKey, ...video }) => {
    const live = jobOf(jobKey);
    return { ...video, job: jobKey, ...(live && { progress: live }) };
  });
  const {
    stage,
    paused,
    files,
    done,
    skipped,
    skippedBefore,
    failed,
    cancelled,
    waiting,
    bytes,
    totalBytes,
    doneFrames,
    framesLeft,
    fps,
    failures,
  } = mergeBatch({ ...progress, running });
  const share = (live: LiveProgress | undefined): number => live?.share ?? 0;
  const made = bytes + running.reduce((sum, video) => sum + video.bytes * share(video.progress), 0);
  return {
    status: paused ? ('paused' as const) : ('running' as const),
    stage,
    ...(paused && { reason: paused.reason }),
    percent: totalBytes > 0 ? Math.floor((1000 * made) / totalBytes) / 10 : 0,
    files: files + skippedBefore,
    done,
    skipped: skipped + skippedBefore,
    failed,
    cancelled,
    waiting,
    frames: doneFrames,
    fps: paused ? 0 : Math.round(100 * fps) / 100,
    ...(!paused && fps > 0 && framesLeft !== undefined && { etaSeconds: Math.round(framesLeft / fps) }),
    working: running.map(({ index, job, input, progress: live }) => ({
      index,
      job,
      input,
      percent: Math.floor(1000 * share(live)) / 10,
      fps: Math.round(100 * (live?.fps ?? 0)) / 100,
    })),
    failures,
  };
}
