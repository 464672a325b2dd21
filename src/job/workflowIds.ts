/** Temporal's name for a job: one running workflow for each. Free of Node, for workflow code. */
export const workflowIdOf = (jobKey: string): string => `upscale-${jobKey}`;

/** Temporal's name for a batch. A schedule's firings add their times to it. */
export const batchWorkflowId = (batchKey: string): string => `batch-${batchKey}`;
