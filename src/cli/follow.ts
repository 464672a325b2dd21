import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ApplicationFailure, type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { JobHandle } from '../client/connection/connect.js';
import { liveProgress } from '../client/job/live.js';
import type { JobReport } from '../job/contracts.js';
import type { ProgressView } from './render.js';

export type Outcome =
  | { how: 'done'; report: JobReport }
  | { how: 'cancelled' }
  | { how: 'paused'; reason: string }
  /** usage: the source or the flags are at fault. */
  | { how: 'failed'; message: string; usage: boolean };

/** Between two looks: news of a stage come every two seconds, and each look wakes the control worker. */
export const LOOK_MS = 1000;

/**
 * For a wait of hours: a signal that ends its calls, at `stop` or when the wait is left. Whoever waits for the end
 * would keep the program alive.
 */
export function longWait(stop: AbortSignal): { over: AbortSignal; leave: () => void } {
  const left = new AbortController();
  const over = AbortSignal.any([stop, left.signal]);
  // The client listens once more for each of the long calls that this takes, and Node takes that for a leak.
  setMaxListeners(0, over);
  return {
    over,
    leave: () => {
      left.abort();
    },
  };
}

/** Shows a job's progress until it ends, or until `stop` aborts; a job that pauses itself ends the wait too. */
export async function follow(
  client: Client,
  workflowId: string,
  view: ProgressView,
  stop: AbortSignal,
): Promise<Outcome | undefined> {
  const handle: JobHandle = client.workflow.getHandle(workflowId);
  const ended = { value: undefined as Outcome | undefined };
  const { over, leave } = longWait(stop);
  const watch = waitForEnd(client, handle, over).then((outcome) => {
    ended.value = outcome;
  });
  try {
    while (!ended.value && !stop.aborted) {
      try {
        const progress = await liveProgress(handle);
        view.update(progress, Date.now());
        if (progress.paused && progress.paused.reason !== 'interrupted')
          return { how: 'paused', reason: progress.paused.reason };
      } catch {
        // The server or the control worker is being restarted; the supervisor sees to it.
      }
      await Promise.race([delay(LOOK_MS), watch]);
    }
    return ended.value;
  } finally {
    leave();
    view.end();
  }
}

async function waitForEnd(client: Client, handle: JobHandle, stop: AbortSignal): Promise<Outcome | undefined> {
  while (!stop.aborted) {
    try {
      // The call itself is ended too: left open, it would trip over the connection's end.
      return { how: 'done', report: await client.withAbortSignal(stop, () => handle.result()) };
    } catch (error) {
      if (error instanceof WorkflowFailedError) return failure(error);
      if (error instanceof WorkflowNotFoundError)
        return {
          how: 'failed',
          message: 'the server has lost this job: run the same command again, its parts are kept',
          usage: false,
        };
      if (!stop.aborted) await delay(500);
    }
  }
  return undefined;
}

function failure(error: WorkflowFailedError): Outcome {
  const { type, message } = reasonOf(error);
  if (type === 'JobCancelled') return { how: 'cancelled' };
  return { how: 'failed', message, usage: type === 'UserError' };
}

/** What is at the bottom of a workflow's failure, and its class. */
export function reasonOf(error: WorkflowFailedError): { type?: string; message: string } {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause && !(cause instanceof ApplicationFailure)) cause = cause.cause;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  return { ...(type && { type }), message: cause instanceof Error ? cause.message : String(cause) };
}
