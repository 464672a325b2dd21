import { ApplicationFailure } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BatchProgress } from '../job/batch/contracts.js';
import type { Progress } from '../job/contracts.js';
import { BEGUN_SIGNAL } from '../job/following.js';

export const progressQuery = defineQuery<Progress>('progress');
/** A batch takes the requests below too, for itself and the videos that it has at work. */
export const batchQuery = defineQuery<BatchProgress>('batch');

/** `id`: by which {@link answerQuery} is asked what has become of it. */
interface Request {
  id?: string;
}

/** Cancels the running activities, which commit their part first; done once they have ended. */
export const pauseRequest = defineSignal<[Request & { reason: string }]>('pause');
/**
 * Refused by what is being cancelled or has failed: it is started anew once it has ended.
 * @param tell that somebody is to be told of the end, as the job's notice.json says.
 */
export const resumeRequest = defineSignal<[Request & { tell?: boolean }]>('resume');
/** Ends the job. Parts are kept unless they are discarded. */
export const cancelRequest = defineSignal<[Request & { discard: boolean }]>('cancel');

/** `unknown`: this run has not heard it. */
export type Answer = 'unknown' | 'refused' | 'working' | 'done';
export const answerQuery = defineQuery<Answer, [id: string]>('answer');
/** Whether the activities have ended that a pause or a cancel ends, of a job that was told so by its batch. */
export const settledQuery = defineQuery<boolean>('settled');

/** What a batch says to its jobs, which may have been started by others: as the requests above, without an answer. */
export const pauseSignal = defineSignal<[{ reason: string }]>('pauseJob');
/** @param unless a reason of a pause that stays. */
export const resumeSignal = defineSignal<[{ unless?: string }]>('resumeJob');
export const cancelSignal = defineSignal<[{ discard: boolean }]>('cancelJob');

/** Of an upscale: its segment's first part is durable, so that an encode can follow. */
export const begunSignal = defineSignal<[segment: number]>(BEGUN_SIGNAL);

/** Requests of clients of the first release; see Requests for why they are none today. Histories hold them. */
export const pauseUpdate = defineUpdate<void, [{ reason: string }]>('pause');
export const settledUpdate = defineUpdate<void, []>('settled');
export const resumeUpdate = defineUpdate<void, [{ tell?: boolean }]>('resume');
export const cancelUpdate = defineUpdate<void, [{ discard: boolean }]>('cancel');

export const refuseOnce = (
  isEnding: () => boolean,
  what: 'job' | 'batch',
): { validator: (given: { tell?: boolean }) => void } => ({
  validator: () => {
    if (isEnding()) throw ApplicationFailure.nonRetryable(`the ${what} is ending`, 'Ending');
  },
});
