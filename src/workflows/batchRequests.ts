import { CancellationScope, isCancellation, setHandler } from '@temporalio/workflow';
import { type Round, tellLastWord } from './batchVideo.js';
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
import { listen, on } from './requests.js';

/** Takes what people say to a batch, and tells its jobs at work. */
export function listenToBatch(round: Round): void {
  const { state } = round;
  const isEnding = () => state.stopping === 'cancelled';
  const pause = ({ reason }: { reason: string }): Promise<void> => {
    state.paused = { reason };
    state.show();
    return tellAll(round);
  };
  const resume = ({ tell }: { tell?: boolean }): Promise<void> => {
    state.tell ||= tell ?? false;
    state.paused = undefined;
    state.show();
    return tellAll(round);
  };
  const cancel = (request: { discard: boolean }): Promise<void> => cancelRound(round, request);
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
}

/** No further video begins, and the jobs at work are cancelled too. */
export function cancelRound(round: Round, { discard }: { discard: boolean }): Promise<void> {
  round.state.stopping = 'cancelled';
  round.state.discard = discard;
  return tellAll(round);
}

async function tellAll(round: Round): Promise<void> {
  await Promise.all(round.state.running.map(({ jobKey }) => tellLastWord(round, jobKey)));
}
