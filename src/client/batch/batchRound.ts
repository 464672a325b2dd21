import { setTimeout as sleep } from 'node:timers/promises';
import { type Client } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import type { BatchProgress, RunningVideo } from '../../job/batch/contracts.js';
import type { BatchSpec } from '../../job/batch/spec.js';
import { shortJob } from '../../job/keys.js';
import { batchWorkflowId, workflowIdOf } from '../../job/workflowIds.js';
import { ignoreKnown } from '../../lib/systemErrors.js';
import { batchQuery, cancelRequest, pauseRequest, settledQuery } from '../../workflows/messages.js';
import type { JobHandle } from '../connection/connect.js';
import { ignoreGone, waitUntilEnded } from '../connection/gone.js';
import { patiently, request } from '../connection/request.js';
import type { SupervisorInfo } from '../connection/supervisorProtocol.js';
import { goOn } from '../job/goOn.js';
import { liveProgress } from '../job/live.js';
import type { LiveBatch, RunningView } from './batches.js';
import { type BatchHandle, startBatch } from './startBatch.js';

/** The round that runs now, if any. A schedule's firings have the time in their workflows' names. */
export async function runningBatch(client: Client, { batchKey, watch }: BatchSpec): Promise<BatchHandle | undefined> {
  const isRunning = async (workflowId: string): Promise<boolean> =>
    (await client.workflow.getHandle(workflowId).describe().catch(ignoreGone))?.status.name === 'RUNNING';
  if (await isRunning(batchWorkflowId(batchKey))) return client.workflow.getHandle(batchWorkflowId(batchKey));
  if (!watch) return undefined;
  for await (const { workflowId } of client.workflow.list({
    query: `WorkflowId STARTS_WITH "${batchWorkflowId(batchKey)}-" AND ExecutionStatus = "Running"`,
  })) {
    if (await isRunning(workflowId)) return client.workflow.getHandle(workflowId);
  }
  return undefined;
}

export async function liveBatch(client: Client, handle: BatchHandle): Promise<LiveBatch> {
  const progress = await handle.query(batchQuery);
  const running = await Promise.all(
    progress.running.map(async ({ jobKey, ...video }): Promise<RunningView> => {
      const job: JobHandle = client.workflow.getHandle(workflowIdOf(jobKey));
      // One that does not answer is shown without its frames.
      const live = await liveProgress(job).catch(ignoreKnown);
      return { ...video, job: shortJob({ jobKey }), ...(live && { progress: live }) };
    }),
  );
  return mergeBatch({ ...progress, running });
}

/** Adds what the jobs at work say to what the batch says. */
export function mergeBatch(batch: Omit<BatchProgress, 'running'> & { running: RunningView[] }): LiveBatch {
  const { running, frames, madeBytes, bytes, totalBytes } = batch;
  const known = running.filter(({ progress }) => (progress?.frames ?? 0) > 0);
  const sum = (value: (video: RunningView) => number): number =>
    known.reduce((total, video) => total + value(video), 0);
  const knownFrames = frames + sum(({ progress }) => progress?.frames ?? 0);
  const knownBytes = madeBytes + sum((video) => video.bytes);
  const notBegun = Math.max(0, totalBytes - bytes - sum((video) => video.bytes));
  const atWork = sum(({ progress }) => progress?.doneFrames ?? 0);
  return {
    ...batch,
    doneFrames: frames + atWork,
    ...(knownBytes > 0 && {
      framesLeft: Math.round(
        sum(({ progress }) => progress?.frames ?? 0) - atWork + (knownFrames / knownBytes) * notBegun,
      ),
    }),
    fps: sum(({ progress }) => progress?.fps ?? 0),
  };
}

/** Begins no further video and pauses those at work; returns once their activities have ended. */
export async function pauseBatch(client: Client, handle: BatchHandle, reason: string): Promise<void> {
  await request(handle, pauseRequest, { reason });
  const { running } = await handle.query(batchQuery);
  // The batch has told them: said again from here, the word might come behind somebody's resume.
  await eachJob(client, running, async (job) => {
    while ((await patiently(job, () => job.query(settledQuery))) === false) await sleep(100);
  });
}

/** Goes on with the round that runs, else begins one; one that is ending ends first. */
export async function resumeBatch(
  config: Config,
  session: { client: Client; lease: { info: Pick<SupervisorInfo, 'queuePrefix' | 'searchAttributes'> } },
  spec: BatchSpec,
): Promise<BatchHandle> {
  const running = await runningBatch(session.client, spec);
  if (!running) return startBatch(config, session, spec);
  const known = [running];
  return goOn(async () => known.shift() ?? startBatch(config, session, spec), {});
}

/**
 * Ends the round and the jobs that it has at work; returns once they have ended. Parts are kept unless they are
 * discarded.
 */
export async function cancelBatch(handle: BatchHandle, discard: boolean): Promise<void> {
  await request(handle, cancelRequest, { discard });
  await waitUntilEnded(handle);
}

async function eachJob(
  client: Client,
  running: readonly RunningVideo[],
  act: (handle: JobHandle) => Promise<void>,
): Promise<void> {
  await Promise.all(
    running.map(({ jobKey }) =>
      // One that has ended meanwhile needs no word.
      act(client.workflow.getHandle(workflowIdOf(jobKey))).catch(ignoreGone),
    ),
  );
}
