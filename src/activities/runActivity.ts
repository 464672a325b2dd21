import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { JobRef } from '../job/contracts.js';
import { type Heartbeat, heartbeatSchema } from '../job/heartbeat.js';
import { jobLayout, type Roots } from '../job/layout.js';
import { DiskFull, PartDamaged, SegmentMismatch, UserError, WorldError } from '../lib/errors.js';
import { hasCode, isSystemError } from '../lib/systemErrors.js';
import { type LoadedJob, loadJob } from '../media/source/loadedJob.js';
import { beginAttempt, limitAttempts } from './attempts.js';
import { meterWork } from './meters.js';
import { workClock } from './workClock.js';

/** What a worker entry hands to its activities. */
export interface ActivityDeps {
  roots: Roots;
  /** Aborted at once when the worker is told to stop; Temporal's own signal comes only after the grace time. */
  shutdown: AbortSignal;
  /** Longest time between two parts of one upscale. */
  checkpointSeconds: number;
  minFreeBytes: number;
  /** What upscaled frames of a job may take on the disk, in bytes. */
  backlogBytes: number;
}

const HEARTBEAT_MS = 1000;

export interface Work {
  /** Aborted on cancellation and on shutdown: child processes end with it. */
  signal: AbortSignal;
  /** What the attempt before last said, parsed again: a hint, never the truth. */
  previous: Heartbeat | undefined;
  /** Where this attempt begins: what is durable there was made by others. */
  begin: (at: { segment: number; durableFrame: number }) => void;
  /** Merged into the heartbeat that goes out every second. */
  report: (details: Partial<Heartbeat>) => void;
}

export interface Run extends LoadedJob, Work {}

/** Runs an activity's work on a job: loads it and checks its source first, unless it is loaded otherwise. */
export const runActivity = <T>(
  deps: ActivityDeps,
  ref: JobRef,
  work: (run: Run) => Promise<T>,
  load = loadJob,
): Promise<T> =>
  runWork(deps, async (each) => {
    let segment: number | undefined;
    const clock = workClock(jobLayout(deps.roots, ref).work, Context.current().info.activityType, () => segment);
    const begin: Run['begin'] = (at) => {
      segment = at.segment;
      each.begin(at);
    };
    try {
      return await work({ ...(await load(deps.roots, ref)), ...each, begin });
    } finally {
      await clock.stop();
    }
  });

/** What one attempt has found out reaches all later ones. */
const learned = (previous: Work['previous']): Partial<Heartbeat> => ({
  ...(previous?.tile !== undefined && { tile: previous.tile }),
  ...(previous?.precision && { precision: previous.precision }),
});

/**
 * Runs an activity's work: heartbeats, ends child processes, classifies errors, and limits attempts without durable
 * progress.
 * @param unlimited tried again as long as its workflow says.
 */
export async function runWork<T>(
  deps: Pick<ActivityDeps, 'shutdown'>,
  work: (work: Work) => Promise<T>,
  { unlimited = false } = {},
): Promise<T> {
  const context = Context.current();
  const { activityType } = context.info;
  const signal = AbortSignal.any([context.cancellationSignal, deps.shutdown]);
  const parsed = heartbeatSchema.safeParse(context.info.heartbeatDetails);
  const previous = parsed.success ? parsed.data : undefined;
  const before = { stalled: previous?.stalled ?? 0, begun: previous?.begun ?? 0 };
  const standing = unlimited ? before : beginAttempt(before, activityType);
  let details: Heartbeat = {
    ...learned(previous),
    durableFrame: previous?.durableFrame ?? 0,
    frame: previous?.durableFrame ?? 0,
    ...standing,
  };
  const meters = meterWork(context);
  const beat = (): void => {
    context.heartbeat(details);
  };
  const note = (change: Partial<Heartbeat>): void => {
    const progressed = (change.durableFrame ?? 0) > details.durableFrame;
    details = { ...details, ...change, ...(progressed && { stalled: 0, begun: 1 }) };
  };
  // Said at once: an attempt that dies within its first second must still be counted by the next one.
  beat();
  const timer = setInterval(beat, HEARTBEAT_MS);
  try {
    signal.throwIfAborted();
    return await work({
      signal,
      previous,
      begin: (at) => {
        meters.begin(at.durableFrame);
        note({ ...at, frame: at.durableFrame });
        beat();
      },
      report: (change) => {
        meters.report(change);
        note(change);
      },
    });
  } catch (error) {
    // It did not die.
    details = { ...details, begun: Math.max(0, (details.begun ?? 0) - 1) };
    if (context.cancellationSignal.aborted) throw new CancelledFailure('the activity was cancelled');
    if (deps.shutdown.aborted) {
      beat();
      throw ApplicationFailure.create({
        type: 'Shutdown',
        message: 'the worker is stopping',
        nextRetryDelay: '100 milliseconds',
      });
    }
    const failure = toFailure(error);
    if (unlimited || failure.nonRetryable) throw failure;
    // Deaths and failures are counted apart, each in a row.
    details = { ...details, begun: 0, stalled: (details.stalled ?? 0) + 1 };
    beat();
    throw limitAttempts(
      failure,
      details.stalled ?? 1,
      activityType,
      details.segment === undefined
        ? undefined
        : `segment ${details.segment + 1}, frame ${details.durableFrame} of it`,
    );
  } finally {
    clearInterval(timer);
    meters.end();
  }
}

/**
 * Maps an error to what Temporal does with it: the user's and the plan's are final, the world's are retried, bugs are
 * loud.
 */
export function toFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (
    error instanceof UserError ||
    error instanceof SegmentMismatch ||
    error instanceof PartDamaged ||
    error instanceof DiskFull
  ) {
    return ApplicationFailure.create({ type: error.name, message, nonRetryable: true });
  }
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return ApplicationFailure.nonRetryable(message, 'DiskFull');
  if (error instanceof WorldError || isSystemError(error))
    return ApplicationFailure.create({ type: 'WorldError', message, cause: error });
  return ApplicationFailure.create({
    type: 'Bug',
    message: `a bug in Reelscale: ${message}`,
    nonRetryable: true,
    ...(error instanceof Error && { cause: error }),
  });
}
