import { type WorkflowHandle } from '@temporalio/client';
import { resumeRequest } from '../../workflows/messages.js';
import { ignoreGone, waitUntilEnded } from '../connection/gone.js';
import { request } from '../connection/request.js';

/**
 * Starts a workflow, or attaches to the one that runs, and tells it to go on. The one that ran may end before it is
 * told: if it is done, that is the answer; else it is begun again, as the same command a moment later would do.
 */
export async function goOn<H extends WorkflowHandle>(
  start: () => Promise<H>,
  message: { tell?: boolean },
): Promise<H> {
  const handle = await start();
  if (await told(handle, message)) return handle;
  if ((await handle.describe()).status.name === 'COMPLETED') return handle;
  const anew = await start();
  await told(anew, message);
  return anew;
}

async function told(handle: WorkflowHandle, message: { tell?: boolean }): Promise<boolean> {
  if ((await request(handle, resumeRequest, message).catch(ignoreGone)) === 'done') return true;
  // What is being cancelled, or has failed, ends first.
  await waitUntilEnded(handle);
  return false;
}
