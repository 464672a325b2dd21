import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { allHandlersFinished, CancellationScope, condition, sleep, workflowInfo } from '@temporalio/workflow';
import { ignoreKnown } from '../lib/systemErrors.js';
import type { BatchState } from './batchState.js';
import { followVideo, makeVideo, type Round } from './batchVideo.js';

/** Set by the server in workflows that a schedule starts: when the schedule meant them to. */
const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', SearchAttributeType.DATETIME);

/**
 * Opens the round and works until all is done, its hours are over, the batch is cancelled, or the history has grown
 * long.
 */
export async function work(round: Round): Promise<void> {
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
export async function decision({ state, failures }: Round): Promise<'continue' | 'close'> {
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
