import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
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
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { BatchActivities, UpscaleBatchInput } from '../job/batch/contracts.js';
import type { RoundCounts } from '../job/batch/records.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import { BatchState } from './batchState.js';
import { followVideo, makeVideo, type Round, tellLastWord } from './batchVideo.js';
import {
  batchQuery,
  cancelRequest,
  cancelUpdate,
  pauseRequest,
  pauseUpdate,
  refuseOnce,
  resumeRequest,
  resumeUpdate,
} from './messages.js';
import { notify } from './notify.js';
import { listen, on } from './requests.js';
import { messageOf } from './segments.js';

/** Set by the server in workflows that a schedule starts: when the schedule meant them to. */
const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

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
  let told = input.tell;

  const tellAll = async (): Promise<void> => {
    await Promise.all(state.running.map(({ jobKey }) => tellLastWord(round, jobKey)));
  };
  const isEnding = () => state.stopping === 'cancelled';
  const pause = ({ reason }: { reason: string }): Promise<void> => {
    state.paused = { reason };
    state.show();
    return tellAll();
  };
  const resume = ({ tell: wanted }: { tell?: boolean }): Promise<void> => {
    told ||= wanted ?? false;
    state.paused = undefined;
    state.show();
    return tellAll();
  };
  const cancel = ({ discard }: { discard: boolean }): Promise<void> => {
    state.stopping = 'cancelled';
    state.discard = discard;
    return tellAll();
  };
  /** Answers once all jobs have been told. What cannot be told ends the round, not the workflow. */
  const answer = async (id: string | undefined, telling: Promise<void>): Promise<void> => {
    let over = false;
    state.requests.note(id, () => (over ? 'done' : 'working'));
    await telling.catch((error: unknown) => {
      if (!isCancellation(error)) round.failures.push(error);
    });
    over = true;
  };
  setHandler(batchQuery, () => state.progress());
  listen([
    on(pauseRequest, ({ id, ...request }) =>
      answer(
        id,
        CancellationScope.nonCancellable(() => pause(request)),
      ),
    ),
    on(resumeRequest, ({ id, ...request }) => {
      if (!isEnding())
        return answer(
          id,
          CancellationScope.nonCancellable(() => resume(request)),
        );
      return state.requests.note(id, () => 'refused');
    }),
    on(cancelRequest, ({ id, ...request }) =>
      answer(
        id,
        CancellationScope.nonCancellable(() => cancel(request)),
      ),
    ),
  ]);
  setHandler(pauseUpdate, pause);
  setHandler(resumeUpdate, resume, refuseOnce(isEnding, 'batch'));
  setHandler(cancelUpdate, cancel);

  if (patched('cancellation-is-a-cancel')) {
    // A cancellation from outside does what the update does: jobs that other runs started are told too, and their ends
    // are recorded.
    CancellationScope.current()
      .cancelRequested.catch(() => CancellationScope.nonCancellable(() => cancel({ discard: state.discard })))
      .catch((error: unknown) => {
        round.failures.push(error);
      });
    await CancellationScope.nonCancellable(() => work(round)).catch((error: unknown) =>
      CancellationScope.nonCancellable(() => giveUp(round, told, error)),
    );
  } else {
    await workUntilCancelled(round);
  }
  if ((await decision(round)) === 'continue') {
    const { round: name, opened, next, running, tally, paused, requests } = state;
    await continueAsNew<typeof upscaleBatch>({
      ...input,
      tell: told,
      carried: { round: name, opened, next, running, tally, requests: requests.ids, ...(paused && { paused }) },
    });
  }
  return CancellationScope.nonCancellable(() => close(round, told));
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
async function giveUp({ input, state, control }: Round, told: boolean, error: unknown): Promise<never> {
  // The error that ends the round is the one to be told.
  await control.closeRound({ batchKey: input.batchKey, round: state.round, status: 'unfinished' }).catch(ignoreKnown);
  if (told)
    await notify(input.controlQueue, {
      kind: 'batch',
      batchKey: input.batchKey,
      round: state.round,
      error: messageOf(error),
    });
  throw error;
}

async function close({ input, state, control }: Round, told: boolean): Promise<RoundCounts> {
  state.stage = 'closing';
  const status = state.stopping === 'hours' ? 'unfinished' : (state.stopping ?? 'done');
  const counts = await control.closeRound({ batchKey: input.batchKey, round: state.round, status });
  state.stage = 'done';
  state.show();
  // Nobody wants to hear every half hour that there was nothing to do.
  const worthTelling = status !== 'cancelled' && counts.done + counts.failed + counts.unfinished > 0;
  if (told && worthTelling)
    await notify(input.controlQueue, { kind: 'batch', batchKey: input.batchKey, round: state.round });
  await condition(allHandlersFinished);
  if (status === 'cancelled') throw ApplicationFailure.nonRetryable('the batch was cancelled', 'JobCancelled');
  return counts;
}

/**
 * Opens the round and works until all is done, its hours are over, the batch is cancelled, or the history has grown
 * long.
 */
async function work(round: Round): Promise<void> {
  const { input, state, failures } = round;
  if (!input.carried) await open(round);
  const last = state.next + input.pageVideos;
  const take = (video: Promise<void>): void => {
    state.active++;
    void video
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => {
        state.active--;
      });
  };
  const timer = new CancellationScope();
  // Nothing but the end of the work ends it early.
  void timer.run(() => hoursEnd(state)).catch(ignoreKnown);
  try {
    for (const video of [...state.running]) take(followVideo(round, video));
    for (;;) {
      const full = (): boolean =>
        state.next >= Math.min(last, state.opened.files) || workflowInfo().continueAsNewSuggested;
      await condition(
        () =>
          failures.length > 0 ||
          state.stopping !== undefined ||
          full() ||
          (state.paused === undefined && state.active < input.parallel),
      );
      if (failures.length > 0 || state.stopping || full()) break;
      take(makeVideo(round, state.next++));
    }
    // All end, or the run has become long and only waits for jobs.
    await condition(() => failures.length > 0 || state.active === 0 || mustContinue(state));
  } finally {
    timer.cancel();
  }
  if (failures.length > 0) throw failures[0];
}

/** A run is over before the round is: videos are left, or its history is long; nothing but jobs is under way. */
const mustContinue = (state: BatchState): boolean =>
  state.stopping === undefined &&
  state.busy === 0 &&
  state.active === state.running.length &&
  (state.next < state.opened.files || (state.active > 0 && workflowInfo().continueAsNewSuggested));

/**
 * What follows now. Between the moment that work() was through and this one a job may have ended, whose record is
 * under way then: that is awaited, and the round neither closed nor left before.
 */
async function decision({ state, failures }: Round): Promise<'continue' | 'close'> {
  const decide = (): 'continue' | 'close' | undefined => {
    if (mustContinue(state)) return allHandlersFinished() ? 'continue' : undefined;
    return state.stopping !== undefined || state.active === 0 ? 'close' : undefined;
  };
  for (;;) {
    // Those of a cancelled round are its cancellation.
    if (failures.length > 0 && state.stopping === undefined) throw failures[0];
    const decided = decide();
    if (decided) return decided;
    await CancellationScope.nonCancellable(() => condition(() => failures.length > 0 || decide() !== undefined));
  }
}

async function open({ input, state, control }: Round): Promise<void> {
  const ref = { batchKey: input.batchKey, round: state.round };
  state.show();
  const settled = input.settleSeconds !== undefined;
  if (settled) {
    await control.lookAtFolder(ref);
    await sleep(1000 * (input.settleSeconds ?? 0));
  }
  const { startTime, typedSearchAttributes } = workflowInfo();
  state.opened = await control.openRound({
    ...ref,
    settled,
    scheduledAt: (typedSearchAttributes.get(scheduledStart) ?? startTime).getTime(),
  });
  state.stage = 'working';
  state.show();
}

/** Ends the round when its hours are over, at once where that is so already: the jobs at work are paused then. */
async function hoursEnd(state: BatchState): Promise<void> {
  const { until } = state.opened;
  if (until === undefined) return;
  const left = until - Date.now();
  if (left > 0) await sleep(left);
  state.stopping = 'hours';
}

/** `20261125T010000Z-1a2b3c4d`: sorts by time. */
function roundName(): string {
  const { startTime, firstExecutionRunId } = workflowInfo();
  return `${startTime.toISOString().replace(/[-:]|\.\d+/g, '')}-${firstExecutionRunId.slice(0, 8)}`;
}
