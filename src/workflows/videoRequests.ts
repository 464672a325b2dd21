import { condition, setHandler } from '@temporalio/workflow';
import {
  begunSignal,
  cancelRequest,
  cancelSignal,
  cancelUpdate,
  pauseRequest,
  pauseSignal,
  pauseUpdate,
  progressQuery,
  refuseOnce,
  resumeRequest,
  resumeSignal,
  resumeUpdate,
  settledQuery,
  settledUpdate,
} from './messages.js';
import type { Pass } from './pass.js';
import { listen, on } from './requests.js';
import type { JobState } from './state.js';

/** Takes what people and batches say, at any time and in any order: the last word counts. */
export function listenToJob(state: JobState): void {
  const { requests } = state;
  const isEnding = () => state.cancelling !== undefined || (state.closing && state.stage !== 'done');
  const resume = ({ tell }: { tell?: boolean }): void => {
    state.tell ||= tell ?? false;
    state.resume();
  };
  setHandler(progressQuery, () => state.progress());
  setHandler(settledQuery, () => isSettled(state.pass));
  listen([
    on(pauseRequest, ({ id, reason }) => {
      state.pause(reason);
      const { pass } = state;
      requests.note(id, () => ((pass?.over ?? true) ? 'done' : 'working'));
    }),
    on(resumeRequest, ({ id, ...request }) => {
      const refused = isEnding();
      if (!refused) resume(request);
      requests.note(id, () => (refused ? 'refused' : 'done'));
    }),
    on(cancelRequest, ({ id, discard }) => {
      state.cancel(discard);
      requests.note(id, () => 'done');
    }),
    on(begunSignal, (segment) => {
      state.onBegun(segment);
    }),
    on(pauseSignal, ({ reason }) => {
      state.pause(reason);
    }),
    on(resumeSignal, ({ unless }) => {
      if (state.paused && state.paused.reason !== unless) state.resume();
    }),
    on(cancelSignal, ({ discard }) => {
      state.cancel(discard);
    }),
  ]);
  setHandler(pauseUpdate, async ({ reason }) => {
    state.pause(reason);
    const { pass } = state;
    await condition(() => pass?.over ?? true);
  });
  setHandler(settledUpdate, async () => {
    const { pass } = state;
    await condition(() => isSettled(pass));
  });
  setHandler(resumeUpdate, resume, refuseOnce(isEnding, 'job'));
  setHandler(cancelUpdate, ({ discard }) => {
    state.cancel(discard);
  });
}

const isSettled = (pass: Pass | undefined): boolean => pass === undefined || !pass.interrupted || pass.over;
