import { proxyActivities } from '@temporalio/workflow';
import type { TellActivities, TellInput } from '../job/contracts.js';

/** Tells those who asked for it that a job or a batch has ended: tried again for a day, across restarts of everything. */
export async function tellEnd({ controlQueue, subject }: TellInput): Promise<void> {
  const webhook = proxyActivities<TellActivities>({
    taskQueue: controlQueue,
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '24 hours',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  });
  // A command that failed has been run; only one whose worker died is run again.
  const hook = proxyActivities<TellActivities>({ taskQueue: controlQueue, startToCloseTimeout: '1 hour', heartbeatTimeout: '30 seconds', retry: { maximumAttempts: 3 } });
  const outcomes = await Promise.allSettled([webhook.sendWebhook(subject), hook.runHook(subject)]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
