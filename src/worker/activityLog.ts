import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { z } from 'zod';

const segmentSchema = z.looseObject({ segment: z.number().int() });

/**
 * Says when each activity begins and is done; and every line about one that works on a segment, the SDK's too, names
 * it.
 */
export const activityLog: ActivityInterceptorsFactory = (context) => {
  let segment: number | undefined;
  return {
    inbound: {
      execute: async (input, next) => {
        segment = segmentSchema.safeParse(input.args[0]).data?.segment;
        const began = Date.now();
        context.log.info(`${context.info.activityType} begins`);
        const result = await next(input);
        context.log.info(`${context.info.activityType} is done`, { seconds: (Date.now() - began) / 1000 });
        return result;
      },
    },
    outbound: {
      getLogAttributes: (input, next) => next({ ...input, ...(segment !== undefined && { segment }) }),
    },
  };
};
