import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError, type WorkflowHandle } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import { type Answer, answerQuery } from '../../workflows/messages.js';
import { ignoreGone } from './gone.js';

/** Milliseconds between two looks for an answer: the first, and the longest. */
const POLL = { first: 25, longest: 500 };
/** Looks that a run may not know the request at: its worker may be one step behind. */
const LOOKS = 10;
/** gRPC: no worker took the query in time, none has been there for a while, or the run does not go on. */
const UNREADY = [4, 9];
/** How the SDK says that a run cannot be replayed. */
const NO_REPLAY = 'TMPRL1100';

/**
 * Asks a running workflow for something and waits until that has become of it: as long as there is no worker, too.
 * @returns `ended` for a run whose history does not fit the program: it is terminated, and what is done lies on the
 * disk.
 * @throws WorkflowNotFoundError when none runs.
 */
export async function request<R extends object>(
  handle: WorkflowHandle,
  signal: SignalDefinition<[R & { id?: string }]>,
  what: R,
): Promise<'done' | 'refused' | 'ended'> {
  for (;;) {
    const id = randomUUID();
    await handle.signal(signal, { ...what, id });
    const answer = await answerTo(handle, id);
    if (answer === undefined) {
      await handle.terminate('its history does not fit the program').catch(ignoreGone);
      return 'ended';
    }
    // Unknown: the run that heard it is over, and another one has taken its place.
    if (answer !== 'unknown') return answer;
  }
}

/** @returns undefined for a run that cannot be replayed. */
async function answerTo(handle: WorkflowHandle, id: string): Promise<Exclude<Answer, 'working'> | undefined> {
  let unknown = 0;
  for (let gap = POLL.first; ; gap = Math.min(POLL.longest, gap * 1.5)) {
    const answer = await patiently(handle, () => handle.query(answerQuery, id));
    if (answer === 'unknown') unknown++;
    if (answer !== 'working' && (answer !== 'unknown' || unknown === LOOKS)) return answer;
    await sleep(gap);
  }
}

/**
 * Asks a run again and again while there is no worker. @returns undefined for a run that cannot be replayed: it would
 * never answer.
 */
export async function patiently<T>(handle: WorkflowHandle, ask: () => Promise<T>): Promise<T | undefined> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const code = error instanceof ServiceError ? (error.cause as { code?: number } | undefined)?.code : undefined;
      if (code === undefined || !UNREADY.includes(code)) throw error;
      if (await isBroken(handle)) return undefined;
      await sleep(POLL.longest);
    }
  }
}

async function isBroken(handle: WorkflowHandle): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  const last = events?.findLast(
    (event) => event.workflowTaskFailedEventAttributes ?? event.workflowTaskCompletedEventAttributes,
  );
  return last?.workflowTaskFailedEventAttributes?.failure?.message?.includes(NO_REPLAY) ?? false;
}
