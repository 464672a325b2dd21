import { ApplicationFailure } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BatchProgress } from '../job/batch/contracts.js';
import type { Progress } from '../job/contracts.js';

export const progressQuery = defineQuery<Progress>('progress');
/** Cancels the running activities, which commit their part first; returns once they have ended. */
export const pauseUpdate = defineUpdate<void, [{ reason: string }]>('pause');
/** Says nothing; returns once the activities have ended that a pause or a cancel ends, of a job that was told so by its batch. */
export const settledUpdate = defineUpdate<void, []>('settled');
/**
 * Refused with the type ENDING by what is being cancelled or has failed: it is started anew once it has ended.
 * @param tell that somebody is to be told of the end, as the job's notice.json says.
 */
export const resumeUpdate = defineUpdate<void, [{ tell?: boolean }]>('resume');
/** Ends the job. Parts are kept unless they are discarded. */
export const cancelUpdate = defineUpdate<void, [{ discard: boolean }]>('cancel');

export const ENDING = 'Ending';

export const refuseOnce = (isEnding: () => boolean, what: 'job' | 'batch'): { validator: (given: { tell?: boolean }) => void } => ({
  validator: () => {
    if (isEnding()) throw ApplicationFailure.nonRetryable(`the ${what} is ending`, ENDING);
  },
});

/** What a batch says to its jobs, which may have been started by others: as the updates above, without an answer. */
export const pauseSignal = defineSignal<[{ reason: string }]>('pauseJob');
/** @param unless a reason of a pause that stays. */
export const resumeSignal = defineSignal<[{ unless?: string }]>('resumeJob');
export const cancelSignal = defineSignal<[{ discard: boolean }]>('cancelJob');

/** A batch takes the updates above too, for itself and the videos that it has at work. */
export const batchQuery = defineQuery<BatchProgress>('batch');
