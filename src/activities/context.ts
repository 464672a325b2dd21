import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { z } from 'zod';
import type { Heartbeat, JobRef } from '../job/contracts.js';
import { hasCode } from '../job/durable.js';
import { DiskFull, PartDamaged, SegmentMismatch, UserError, WorldError } from '../job/errors.js';
import { jobLayout, type Roots } from '../job/layout.js';
import { precisionSchema } from '../job/spec.js';
import { loadJob, type LoadedJob } from './job.js';
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
}

const HEARTBEAT_MS = 1000;

const heartbeatSchema = z.object({
  durableFrame: z.number().default(0),
  tile: z.number().optional(),
  precision: precisionSchema.optional(),
  stalled: z.number().optional(),
});

export interface Work {
  /** Aborted on cancellation and on shutdown: child processes end with it. */
  signal: AbortSignal;
  /** What the attempt before last said, parsed again: a hint, never the truth. */
  previous: z.infer<typeof heartbeatSchema> | undefined;
  /** Merged into the heartbeat that goes out every second. */
  report: (details: Partial<Heartbeat>) => void;
}

export interface Run extends LoadedJob, Work {}

/** Runs an activity's work on a job: loads it and checks its source first, unless it is loaded otherwise. */
export const runActivity = <T>(deps: ActivityDeps, ref: JobRef, work: (run: Run) => Promise<T>, load = loadJob): Promise<T> =>
  runWork(deps, async (each) => {
    let segment: number | undefined;
    const clock = workClock(jobLayout(deps.roots, ref).work, Context.current().info.activityType, () => segment);
    const report: Run['report'] = (change) => {
      segment = change.segment ?? segment;
      each.report(change);
    };
    try {
      return await work({ ...(await load(deps.roots, ref)), ...each, report });
    } finally {
      await clock.stop();
    }
  });

/** Runs an activity's work: heartbeats, ends child processes, and classifies errors. */
export async function runWork<T>(deps: Pick<ActivityDeps, 'shutdown'>, work: (work: Work) => Promise<T>): Promise<T> {
  const context = Context.current();
  const signal = AbortSignal.any([context.cancellationSignal, deps.shutdown]);
  let details: Heartbeat = { durableFrame: 0, frame: 0 };
  const meters = meterWork(context);
  const timer = setInterval(() => { context.heartbeat(details); }, HEARTBEAT_MS);
  try {
    signal.throwIfAborted();
    const previous = heartbeatSchema.safeParse(context.info.heartbeatDetails);
    return await work({
      signal,
      previous: previous.success ? previous.data : undefined,
      report: (change) => {
        meters.report(change);
        details = { ...details, ...change };
        // Said at once: an attempt that dies within its first second must still be counted by the next one.
        if (change.stalled !== undefined) context.heartbeat(details);
      },
    });
  } catch (error) {
    if (context.cancellationSignal.aborted) throw new CancelledFailure('the activity was cancelled');
    if (deps.shutdown.aborted) throw ApplicationFailure.create({ type: 'Shutdown', message: 'the worker is stopping', nextRetryDelay: '100 milliseconds' });
    throw toFailure(error);
  } finally {
    clearInterval(timer);
    meters.end();
  }
}

/** Maps an error to what Temporal does with it: the user's and the plan's are final, the world's are retried, bugs are loud. */
export function toFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UserError || error instanceof SegmentMismatch || error instanceof PartDamaged || error instanceof DiskFull) {
    return ApplicationFailure.create({ type: error.name, message, nonRetryable: true });
  }
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return ApplicationFailure.nonRetryable(message, 'DiskFull');
  if (error instanceof WorldError || isSystemError(error)) return ApplicationFailure.create({ type: 'WorldError', message, cause: error as Error });
  return ApplicationFailure.create({ type: 'Bug', message: `a bug in Reelscale: ${message}`, nonRetryable: true, ...(error instanceof Error && { cause: error }) });
}

const isSystemError = (error: unknown): boolean => error instanceof Error && 'errno' in error && 'syscall' in error;
