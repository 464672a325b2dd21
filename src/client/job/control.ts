import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import { endJob } from '../../job/endJob.js';
import { shortJob } from '../../job/keys.js';
import { readStored, type StoredJob } from '../../job/store.js';
import { UserError } from '../../lib/errors.js';
import { cancelRequest, pauseRequest } from '../../workflows/messages.js';
import { type JobHandle, workflowIdOf } from '../connection/connect.js';
import { ignoreGone, waitUntilEnded } from '../connection/gone.js';
import { request } from '../connection/request.js';
import { requireOpen } from './storedStatus.js';

const handleOf = (client: Client, { spec }: StoredJob): JobHandle =>
  client.workflow.getHandle(workflowIdOf(spec.jobKey));

/** Stops a job; returns once the part at hand is durable. @throws UserError when it is not running. */
export async function pauseJob(client: Client, job: StoredJob, reason: string): Promise<void> {
  requireOpen(job);
  try {
    await request(handleOf(client, job), pauseRequest, { reason });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new UserError(`job ${shortJob(job.spec)} is not running`);
  }
}

/** Ends a job; returns once it has ended, also where the server has lost it. @param discard remove its parts too. */
export async function cancelJob({ roots }: Config, client: Client, job: StoredJob, discard: boolean): Promise<void> {
  requireOpen(job);
  const handle = handleOf(client, job);
  await request(handle, cancelRequest, { discard }).catch(ignoreGone);
  await waitUntilEnded(handle);
  const left = await readStored(roots, job.spec.jobKey);
  if (left?.report)
    throw new UserError(`job ${shortJob(job.spec)} was done before it could be cancelled: ${left.report.output}`);
  // The server has no such job, or it was ended from outside: nobody else records its end.
  if (left && (!left.ended || discard))
    await endJob(roots, job.spec, { state: 'cancelled', message: 'cancelled' }, discard);
}
