import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError, type WorkflowHandle } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import { answerQuery, type Answer } from '../workflows/messages.js';

/** Milliseconds between two looks for an answer: the first, and the longest. */
const POLL = { first: 25, longest: 500 };
/** Looks that a run may not know the request at: its worker may be one step behind. */
const LOOKS = 10;
/** gRPC: no worker took the query in time, or none has been there for a while. */
const NO_WORKER = [4, 9];
/** How the SDK says that a run cannot be replayed. */
const NO_REPLAY = 'TMPRL1100';

/**
 * Asks a running workflow for something and waits until that has become of it: as long as there is no worker, too.
 * @returns `ended` for a run whose history does not fit the program: it is terminated, and what is done lies on the disk.
 * @throws WorkflowNotFoundError when none runs.
 */
export async function request<R extends object>(handle: WorkflowHandle, signal: SignalDefinition<[R & { id?: string }]>, what: R): Promise<'done' | 'refused' | 'ended'> {
  for (;;) {
    const id = randomUUID();
    await handle.signal(signal, { ...what, id });
    try {
      const answer = await answerTo(handle, id);
      // Unknown: the run that heard it is over, and another one has taken its place.
      if (answer !== 'unknown') return answer;
    } catch (error) {
      if (!String(error).includes(NO_REPLAY)) throw error;
      await handle.terminate('its history does not fit the program').catch(() => undefined);
      return 'ended';
    }
  }
}

async function answerTo(handle: WorkflowHandle, id: string): Promise<Exclude<Answer, 'working'>> {
  let unknown = 0;
  for (let gap = POLL.first; ; gap = Math.min(POLL.longest, gap * 1.5)) {
    const answer = await patiently(() => handle.query(answerQuery, id));
    if (answer === 'unknown') unknown++;
    if (answer !== 'working' && (answer !== 'unknown' || unknown === LOOKS)) return answer;
    await sleep(gap);
  }
}

/** Asks again while there is no worker. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const code = error instanceof ServiceError ? (error.cause as { code?: number } | undefined)?.code : undefined;
      if (code === undefined || !NO_WORKER.includes(code)) throw error;
      await sleep(POLL.longest);
    }
  }
}
