import { WorkflowFailedError, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';

/**
 * To catch that the server has no such workflow, or none that still runs: `handle.describe().catch(ignoreGone)`.
 * @throws any other error again: a server that does not answer says nothing of the workflow.
 */
export function ignoreGone(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

/** Waits until a workflow has ended, however: what has become of it lies on the disk. */
export async function waitUntilEnded(handle: WorkflowHandle): Promise<void> {
  try {
    await handle.result();
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) ignoreGone(error);
  }
}
