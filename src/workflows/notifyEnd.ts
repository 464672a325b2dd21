import { proxyActivities } from '@temporalio/workflow';
import type { NotifyActivities, NotifyInput } from '../job/contracts.js';

/**
 * Tells those who asked for it that a job or a batch has ended: tried again for a day, across restarts of everything.
 */
export async function tellEnd({ controlQueue, subject }: NotifyInput): Promise<void> {
  const webhook = proxyActivities<NotifyActivities>({
    taskQueue: controlQueue,
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '24 hours',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
  });
  // A command that failed has been run; only one whose worker died is run again.
  const hook = proxyActivities<NotifyActivities>({
    taskQueue: controlQueue,
    startToCloseTimeout: '1 hour',
    heartbeatTimeout: '30 seconds',
    retry: { maximumAttempts: 3 },
  });
  const outcomes = await Promise.allSettled([webhook.sendWebhook(subject), hook.runHook(subject)]);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
