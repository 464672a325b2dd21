import { mkdir } from 'node:fs/promises';
import { type Client, type WorkflowHandle, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import type { UpscaleBatchInput } from '../../job/batch/contracts.js';
import { batchLayout } from '../../job/batch/layout.js';
import type { BatchInput } from '../../job/batch/names.js';
import type { BatchSpec } from '../../job/batch/spec.js';
import { controlQueue } from '../../job/queues.js';
import { batchWorkflowId } from '../../job/workflowIds.js';
import { replaceJson, replaceKept } from '../../lib/durable.js';
import type { upscaleBatch } from '../../workflows/index.js';
import type { SupervisorInfo } from '../connection/supervisorProtocol.js';
import { goOn } from '../job/goOn.js';

export type BatchHandle = WorkflowHandle<typeof upscaleBatch>;

/** Videos that one run takes up before it continues as a new one: some 40 events of history each. */
const PAGE_VIDEOS = 200;

/** Makes the batch's folder. @param inputs of a batch that watches no folder. */
export async function recordBatch(config: Config, spec: BatchSpec, inputs?: readonly BatchInput[]): Promise<void> {
  const layout = batchLayout(config.roots, spec.batchKey);
  await mkdir(layout.rounds, { recursive: true });
  if (inputs) await replaceJson(layout.inputs, { inputs });
  await replaceKept(layout.spec, spec);
}

export function batchInput(
  config: Config,
  spec: BatchSpec,
  info: Pick<SupervisorInfo, 'queuePrefix' | 'searchAttributes'>,
  tell: boolean,
): UpscaleBatchInput {
  return {
    batchKey: spec.batchKey,
    name: spec.name,
    controlQueue: controlQueue(info.queuePrefix),
    heartbeatSeconds: config.heartbeatSeconds,
    parallel: spec.parallel,
    pageVideos: PAGE_VIDEOS,
    ...(spec.watch && { settleSeconds: config.settleSeconds }),
    searchAttributes: info.searchAttributes,
    priority: spec.priority,
    tell,
  };
}

/** Starts a round, or attaches to the one that runs; a paused one goes on. */
export async function startBatch(
  config: Config,
  { client, lease }: { client: Client; lease: { info: Pick<SupervisorInfo, 'queuePrefix' | 'searchAttributes'> } },
  spec: BatchSpec,
  tell = false,
): Promise<BatchHandle> {
  return goOn(
    async (): Promise<BatchHandle> => {
      const { workflowId } = await client.workflow.start<typeof upscaleBatch>('upscaleBatch', {
        workflowId: batchWorkflowId(spec.batchKey),
        taskQueue: controlQueue(lease.info.queuePrefix),
        args: [batchInput(config, spec, lease.info, tell)],
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        priority: { priorityKey: spec.priority },
        staticSummary: spec.name,
      });
      // Later runs of the same batch count too: the handle is of no run.
      return client.workflow.getHandle(workflowId);
    },
    { tell },
  );
}
