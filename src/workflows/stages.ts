import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ControlActivities, EncodeActivities, UpscaleActivities, UpscaleVideoInput } from '../job/contracts.js';

/** Activities may work for weeks; a dead worker is noticed by its heartbeat, never by a total time. */
const LONGEST = '30 days';
const retry = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' } as const;

/** The activities of each queue. Every attempt first looks at what is on the disk, so retrying any of them is safe. */
export function bindActivities(input: UpscaleVideoInput) {
  const common = {
    startToCloseTimeout: LONGEST,
    heartbeatTimeout: `${input.heartbeatSeconds} seconds`,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry,
    ...(input.priority !== undefined && { priority: { priorityKey: input.priority } }),
  } as const;
  const manyQueues = input.queues.upscale.length > 1;
  return {
    control: proxyActivities<ControlActivities>({ ...common, taskQueue: input.queues.control }),
    encode: proxyActivities<EncodeActivities>({ ...common, taskQueue: input.queues.encode }),
    /**
     * One for each queue. A segment that no worker of a tag takes goes back, so that another tag's worker can take it.
     */
    upscale: input.queues.upscale.map((taskQueue) =>
      proxyActivities<UpscaleActivities>({
        ...common,
        taskQueue,
        ...(manyQueues && { scheduleToStartTimeout: common.heartbeatTimeout }),
      }),
    ),
  };
}
export type Activities = ReturnType<typeof bindActivities>;
