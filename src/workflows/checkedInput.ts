import { ApplicationFailure, log, type WorkflowInterceptorsFactory, workflowInfo } from '@temporalio/workflow';
import { z } from 'zod';
import { upscaleBatchInputSchema } from '../job/batch/inputs.js';
import { BEGUN_SIGNAL } from '../job/following.js';
import {
  cancelSchema,
  count,
  firstIssue,
  pauseSchema,
  resumeSchema,
  tellInputSchema,
  upscaleVideoInputSchema,
} from '../job/inputs.js';
import type * as workflows from './index.js';

/** What each workflow takes. One that is missing here does not compile. */
const INPUTS: { [Name in keyof typeof workflows]: z.ZodType<Parameters<(typeof workflows)[Name]>[0]> } = {
  upscaleVideo: upscaleVideoInputSchema,
  upscaleBatch: upscaleBatchInputSchema,
  tellEnd: tellInputSchema,
};

const schemas: Record<string, z.ZodType> = INPUTS;

/** What each update and signal of messages.ts takes. */
const MESSAGES: Record<string, z.ZodType> = {
  pause: pauseSchema,
  resume: resumeSchema,
  cancel: cancelSchema,
  settled: z.undefined(),
  pauseJob: pauseSchema,
  resumeJob: resumeSchema,
  cancelJob: cancelSchema,
  [BEGUN_SIGNAL]: count,
};

/**
 * @throws ApplicationFailure of one line, which is final: a workflow that was started with it fails, and so does an
 * update.
 */
function parse(schema: z.ZodType | undefined, what: string, [given]: unknown[]): [unknown] {
  const parsed = schema?.safeParse(given);
  if (!parsed) throw ApplicationFailure.nonRetryable(`${what} is not known`, 'BadInput');
  if (!parsed.success)
    throw ApplicationFailure.nonRetryable(
      `the input of ${what} cannot be taken: ${firstIssue(parsed.error)}`,
      'BadInput',
    );
  return [parsed.data];
}

/** Whoever reaches the server may start workflows and send them messages: nothing is used before it was parsed. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      execute: async (input, next) => {
        const { workflowType } = workflowInfo();
        return next({ ...input, args: parse(schemas[workflowType], workflowType, input.args) });
      },
      handleUpdate: async (input, next) =>
        next({ ...input, args: parse(MESSAGES[input.name], input.name, input.args) }),
      // Nobody waits for an answer to a signal: one that cannot be taken is as good as none.
      handleSignal: async (input, next) => {
        const parsed = MESSAGES[input.signalName]?.safeParse(input.args[0]);
        if (parsed?.success) await next({ ...input, args: [parsed.data] });
        else log.warn(`the signal ${input.signalName} cannot be taken`);
      },
    },
  ],
});
