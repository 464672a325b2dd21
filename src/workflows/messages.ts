import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Progress } from '../job/contracts.js';

export const progressQuery = defineQuery<Progress>('progress');
/** Cancels the running activities, which commit their part first; returns once they have ended. */
export const pauseUpdate = defineUpdate<void, [{ reason: string }]>('pause');
export const resumeUpdate = defineUpdate<void, [Record<string, never>]>('resume');
/** Ends the job. Parts are kept unless they are discarded. */
export const cancelUpdate = defineUpdate<void, [{ discard: boolean }]>('cancel');
