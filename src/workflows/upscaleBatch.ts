import {
  ActivityCancellationType,
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchActivities, UpscaleBatchInput } from '../job/batch/contracts.js';
import type { RoundCounts } from '../job/batch/records.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import { cancelRound, listenToBatch } from './batchRequests.js';
import { BatchState } from './batchState.js';
import type { Round } from './batchVideo.js';
import { decision, work } from './batchWork.js';
import { notify } from './notify.js';
import { messageOf } from './segments.js';

/**
 * One round over a list of videos: a job for each, several at work at a time. The list and the results lie on the
 * disk; what one bad file does ends in its own result. A long round continues as a new run, whose jobs go on
 * meanwhile.
 */
export async function upscaleBatch(input: UpscaleBatchInput): Promise<RoundCounts> {
  const state = new BatchState(input, input.carried?.round ?? roundName());
  const control = proxyActivities<BatchActivities>({
    taskQueue: input.controlQueue,
    startToCloseTimeout: '30 days',
    heartbeatTimeout: `${input.heartbeatSeconds} seconds`,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
    priority: { priorityKey: input.priority },
  });
  const round: Round = { input, state, control, failures: [], told: new Map() };

  listenToBatch(round);

  if (patched('cancellation-is-a-cancel')) {
    // A cancellation from outside does what the update does: jobs that other runs started are told too, and their ends
    // are recorded.
    CancellationScope.current()
      .cancelRequested.catch(() =>
        CancellationScope.nonCancellable(() => cancelRound(round, { discard: state.discard })),
      )
      .catch((error: unknown) => {
        round.failures.push(error);
      });
    await CancellationScope.nonCancellable(() => work(round)).catch((error: unknown) =>
      CancellationScope.nonCancellable(() => giveUp(round, error)),
    );
  } else {
    await workUntilCancelled(round);
  }
  if ((await decision(round)) === 'continue') {
    const { round: name, opened, next, running, tally, paused, requests } = state;
    await continueAsNew<typeof upscaleBatch>({
      ...input,
      tell: state.tell,
      carried: { round: name, opened, next, running, tally, requests: requests.ids, ...(paused && { paused }) },
    });
  }
  return CancellationScope.nonCancellable(() => close(round));
}

/** As rounds that began with an earlier release go on. */
async function workUntilCancelled(round: Round): Promise<void> {
  try {
    await CancellationScope.cancellable(() => work(round));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    round.state.stopping = 'cancelled';
    await CancellationScope.nonCancellable(() => condition(() => round.state.busy === 0));
  }
}

/** The round cannot go on: what is known of it is written down, where that can be, and somebody is told. */
async function giveUp({ input, state, control }: Round, error: unknown): Promise<never> {
  // Who asks to be told while the round is being closed is too late.
  const { tell } = state;
  // The error that ends the round is the one to be told.
  await control.closeRound({ batchKey: input.batchKey, round: state.round, status: 'unfinished' }).catch(ignoreKnown);
  if (tell)
    await notify(input.controlQueue, {
      kind: 'batch',
      batchKey: input.batchKey,
      round: state.round,
      error: messageOf(error),
    });
  throw error;
}

async function close({ input, state, control }: Round): Promise<RoundCounts> {
  const { tell } = state;
  state.stage = 'closing';
  const status = state.stopping === 'hours' ? 'unfinished' : (state.stopping ?? 'done');
  const counts = await control.closeRound({ batchKey: input.batchKey, round: state.round, status });
  state.stage = 'done';
  state.show();
  // Nobody wants to hear every half hour that there was nothing to do.
  const worthTelling = status !== 'cancelled' && counts.done + counts.failed + counts.unfinished > 0;
  if (tell && worthTelling)
    await notify(input.controlQueue, { kind: 'batch', batchKey: input.batchKey, round: state.round });
  await condition(allHandlersFinished);
  if (status === 'cancelled') throw ApplicationFailure.nonRetryable('the batch was cancelled', 'JobCancelled');
  return counts;
}

/** `20261125T010000Z-1a2b3c4d`: sorts by time. */
function roundName(): string {
  const { startTime, firstExecutionRunId } = workflowInfo();
  return `${startTime.toISOString().replace(/[-:]|\.\d+/g, '')}-${firstExecutionRunId.slice(0, 8)}`;
}
