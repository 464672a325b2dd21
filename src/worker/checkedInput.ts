import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { z } from 'zod';
import type { BatchActivities } from '../job/batch/contracts.js';
import {
  closeInputSchema,
  lookInputSchema,
  openInputSchema,
  prepareInputSchema,
  recordInputSchema,
  roundRefSchema,
} from '../job/batch/inputs.js';
import type { ControlActivities, EncodeActivities, NotifyActivities, UpscaleActivities } from '../job/contracts.js';
import {
  checkInputSchema,
  endInputSchema,
  firstIssue,
  jobRefSchema,
  planInputSchema,
  plannedRefSchema,
  publishInputSchema,
  segmentRefSchema,
  tellSubjectSchema,
} from '../job/inputs.js';

type Activities = ControlActivities & EncodeActivities & UpscaleActivities & NotifyActivities & BatchActivities;

/** What each activity takes. An activity that is missing here does not compile, and would not be run. */
const INPUTS: { [Name in keyof Activities]: z.ZodType<Parameters<Activities[Name]>[0]> } = {
  probe: jobRefSchema,
  traceSource: jobRefSchema,
  planSegments: planInputSchema,
  concatSegments: plannedRefSchema,
  mergeAudio: plannedRefSchema,
  verifyDeliverable: plannedRefSchema,
  publish: publishInputSchema,
  deleteMezzanine: segmentRefSchema,
  recordEnd: endInputSchema,
  conformSource: jobRefSchema,
  encodeSegment: segmentRefSchema,
  checkSegment: checkInputSchema,
  upscaleSegment: segmentRefSchema,
  sendWebhook: tellSubjectSchema,
  runHook: tellSubjectSchema,
  lookAtFolder: roundRefSchema,
  openRound: openInputSchema,
  prepareVideo: prepareInputSchema,
  lookAtJob: lookInputSchema,
  recordVideo: recordInputSchema,
  closeRound: closeInputSchema,
};

const schemas = new Map<string, z.ZodType>(Object.entries(INPUTS));

/**
 * Every activity's input is parsed before it runs: whoever reaches the Temporal server may send anything, and keys
 * become paths. What cannot be taken fails at once, for good.
 */
export const checkedInput: ActivityInterceptorsFactory = ({ info: { activityType } }) => ({
  inbound: {
    execute: async (input, next) => {
      const parsed = schemas.get(activityType)?.safeParse(input.args[0]);
      if (!parsed) throw refusal(`there is no activity ${activityType}`);
      if (!parsed.success) throw refusal(`the input of ${activityType} cannot be taken: ${firstIssue(parsed.error)}`);
      return next({ ...input, args: [parsed.data] });
    },
  },
});

const refusal = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'BadInput');
