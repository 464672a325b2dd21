import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { Config } from '../../temporal.config.js';
import { liveBatch, pauseBatch } from '../client/batch/batchRound.js';
import type { BatchHandle } from '../client/batch/startBatch.js';
import type { Session } from '../client/connection/connect.js';
import { type BatchSpec, shortBatch } from '../job/batch/spec.js';
import { lastSummary } from '../job/batch/store.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import type { LeftOut } from '../media/source/videoFiles.js';
import { BatchProgressView, summaryTable } from './batchLines.js';
import { EXIT } from './exit.js';
import { LOOK_MS, longWait, reasonOf } from './follow.js';
import { log, printJson } from './say.js';
import { stoppable } from './stopSignal.js';

/**
 * Waits for a round with progress on stderr, prints its summary, and returns the exit code. Ctrl-C pauses the batch,
 * unless others wait for it.
 * @param leftOut what the command that made the batch did not take, for the JSON.
 */
export async function waitForBatch(
  config: Config,
  session: Session,
  spec: BatchSpec,
  handle: BatchHandle,
  json: boolean,
  leftOut?: readonly LeftOut[],
): Promise<number> {
  return stoppable(async (stop) => {
    await session.lease.watch(handle.workflowId);
    const failure = await followBatch(session, handle, stop);
    if (stop.aborted) return await pauseUnlessWatched(session, spec, handle, json);
    return await conclude(config, spec, failure, json, leftOut);
  });
}

/** @returns why the round ended without a result, if so. */
async function followBatch({ client }: Session, handle: BatchHandle, stop: AbortSignal): Promise<string | undefined> {
  const view = new BatchProgressView(process.stderr);
  const ended = { over: false, failure: undefined as string | undefined };
  const { over, leave } = longWait(stop);
  const watch = untilEnded(over).then((failure) => {
    Object.assign(ended, { over: true, failure });
  });
  try {
    while (!ended.over && !stop.aborted) {
      // The server or the control worker may be away for a moment.
      await liveBatch(client, handle).then((batch) => {
        view.update(batch, Date.now());
      }, ignoreKnown);
      await Promise.race([delay(LOOK_MS), watch]);
    }
    return ended.failure;
  } finally {
    leave();
    view.end();
  }

  async function untilEnded(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      try {
        await client.withAbortSignal(signal, () => handle.result());
        return undefined;
      } catch (error) {
        if (error instanceof WorkflowFailedError) return reasonOf(error).message;
        if (error instanceof WorkflowNotFoundError)
          return 'the server has lost this batch: run the same command again, its jobs are kept';
        if (!signal.aborted) await delay(500);
      }
    }
    return undefined;
  }
}

async function pauseUnlessWatched(
  session: Session,
  spec: BatchSpec,
  handle: BatchHandle,
  json: boolean,
): Promise<number> {
  const batch = shortBatch(spec);
  const others = await session.lease.otherWatchers(handle.workflowId);
  if (others > 0) {
    log(`batch ${batch} goes on: another command waits for it`);
  } else {
    log('finishing the parts at hand; Ctrl-C again leaves at once');
    await pauseBatch(session.client, handle, 'interrupted');
    log(`batch ${batch} is paused: run the same command again to go on`);
  }
  if (json) printJson({ batch, status: others > 0 ? 'running' : 'interrupted' });
  return EXIT.interrupted;
}

async function conclude(
  config: Config,
  spec: BatchSpec,
  failure: string | undefined,
  json: boolean,
  leftOut?: readonly LeftOut[],
): Promise<number> {
  const batch = shortBatch(spec);
  if (failure !== undefined) {
    log(`reelscale: batch ${batch}: ${failure}`);
    if (json) printJson({ batch, status: 'failed', error: failure });
    return EXIT.failed;
  }
  return sayRound(config, spec, json, leftOut);
}

/** Prints the latest round's summary. @returns the exit code that it stands for. */
export async function sayRound(
  config: Config,
  spec: BatchSpec,
  json: boolean,
  leftOut?: readonly LeftOut[],
): Promise<number> {
  const last = await lastSummary(config.roots, spec.batchKey);
  if (!last) throw new Error('the round has left no summary');
  const { summary, page } = last;
  process.stdout.write(
    json ? `${JSON.stringify({ ...summary, page, leftOut })}\n` : `${summaryTable(summary)}\n${page}\n`,
  );
  for (const { input, error } of summary.videos.filter(({ status }) => status === 'failed'))
    log(`reelscale: ${input}: ${error ?? 'failed'}`);
  if (summary.failed + summary.cancelled > 0) return EXIT.failed;
  if (summary.status === 'unfinished') return EXIT.interrupted;
  return summary.videos.some(({ status, accepted }) => status === 'damaged' || accepted) ? EXIT.damaged : EXIT.done;
}
