import { ParentClosePolicy, startChild, workflowInfo } from '@temporalio/workflow';
import type { NotifySubject } from '../job/contracts.js';
import type { tellEnd } from './notifyEnd.js';

/** In a workflow of its own: neither a job nor the command that waits for it should wait for somebody's web server. */
export async function notify(controlQueue: string, subject: NotifySubject): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  await startChild<typeof tellEnd>('tellEnd', {
    workflowId: `tell-${workflowId}-${runId.slice(0, 8)}`,
    taskQueue: controlQueue,
    args: [{ controlQueue, subject }],
    parentClosePolicy: ParentClosePolicy.ABANDON,
  });
}
