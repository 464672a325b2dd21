import { mkdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import { claimOutput, releaseOutput } from '../../job/claims.js';
import type { UpscaleVideoInput } from '../../job/contracts.js';
import { encodeLanes } from '../../job/encodeThreads.js';
import { shortJob } from '../../job/keys.js';
import { jobLayout } from '../../job/layout.js';
import { PRIORITY } from '../../job/priority.js';
import { controlQueue, encodeQueue, upscaleQueue } from '../../job/queues.js';
import { acceptedSchema, fileRecordSchema, verdictSchema } from '../../job/records.js';
import { madeFrom } from '../../job/rejected.js';
import type { JobSpec } from '../../job/spec.js';
import { isOpen, readStored } from '../../job/store.js';
import { overlookDamage, publishKept, putAside, readJson, readKept, replaceKept } from '../../lib/durable.js';
import { UserError } from '../../lib/errors.js';
import type { upscaleVideo } from '../../workflows/index.js';
import { type JobHandle, workflowIdOf } from '../connection/connect.js';
import type { SupervisorInfo } from '../connection/supervisorProtocol.js';
import { goOn } from './goOn.js';

/** Claims a job's output, also from a job that has ended. @throws UserError while an open job has it. */
export async function takeOutput(config: Config, spec: JobSpec): Promise<void> {
  for (;;) {
    const owner = await claimOutput(config.roots, spec.output, spec.jobKey);
    if (owner === spec.jobKey) return;
    const other = await readStored(config.roots, owner);
    if (other && isOpen(other))
      throw new UserError(`job ${shortJob(other.spec)} already works on that output: choose another name with -o`);
    await releaseOutput(config.roots, spec.output, owner);
  }
}

/**
 * Makes the job's folder and its claim on the output. The claim is first: of two commands that ask for the same output
 * at the same time with other settings, one is told which job was faster.
 */
export async function recordJob(config: Config, spec: JobSpec): Promise<void> {
  await takeOutput(config, spec);
  const layout = jobLayout(config.roots, spec);
  await mkdir(layout.job, { recursive: true });
  const before = await readStored(config.roots, spec.jobKey).catch(putAside);
  // A job that ended before begins anew, from its parts, as it is specified now.
  // Of an open one only the leave to replace the output may still be given.
  if (before?.report || before?.ended || (before && spec.overwrite && !before.spec.overwrite))
    await replaceKept(layout.spec, spec);
  else await publishKept(layout.spec, spec);
  if (before?.report || before?.ended) await forgetResult(layout);
  // Behind the record: whoever removes frames that no job needs sees this one from now on.
  await mkdir(layout.upscaled, { recursive: true });
  // What was worked on a finished job says nothing of this one.
  for (const file of [layout.report, layout.state, ...(before?.report ? [layout.work, layout.warned] : [])])
    await rm(file, { force: true });
}

/**
 * A new try is checked by itself: what did not pass is joined and merged again, from the parts, which have passed
 * checks of their own.
 */
async function forgetResult(layout: ReturnType<typeof jobLayout>): Promise<void> {
  const verdict = await readKept(layout.verified, verdictSchema).catch(overlookDamage);
  const video =
    verdict?.ok === false ? await readJson(layout.video, fileRecordSchema).catch(overlookDamage) : undefined;
  if (video) await rm(path.join(layout.job, video.file), { force: true });
  for (const file of [
    layout.accepted,
    ...(verdict?.ok === false ? [layout.merged, layout.video, layout.verified] : []),
  ])
    await rm(file, { force: true });
}

/** A server and the workers that serve its queues, as this host knows them. */
export interface Pool extends Pick<SupervisorInfo, 'namespace' | 'queuePrefix' | 'searchAttributes' | 'devices'> {
  client: Client;
}

/** What the job's workflow is told. @param usual the priority of a job that asks for none. */
export async function workflowInput(
  config: Config,
  pool: Pool,
  spec: JobSpec,
  usual: number = PRIORITY[spec.method.kind],
): Promise<UpscaleVideoInput> {
  const { client, namespace, queuePrefix, searchAttributes, devices } = pool;
  const layout = jobLayout(config.roots, spec);
  const upscaleQueues = spec.tags.map((tag) => upscaleQueue(queuePrefix, tag));
  return {
    jobKey: spec.jobKey,
    upscaleKey: spec.upscaleKey,
    inputName: path.basename(spec.input.path),
    methodName: `${spec.method.name} x${spec.method.scale}`,
    method: spec.method.kind,
    queues: {
      control: controlQueue(queuePrefix),
      encode: encodeQueue(queuePrefix),
      upscale: upscaleQueues,
    },
    devices: Math.max(
      1,
      devices.filter(({ tags }) => tags.some((tag) => spec.tags.includes(tag))).length,
      await pollers(client, namespace, upscaleQueues),
    ),
    encodeSlots:
      encodeLanes(os.availableParallelism(), spec.encode.threads, config.encodeSlots) *
      Math.max(1, await pollers(client, namespace, [encodeQueue(queuePrefix)])),
    heartbeatSeconds: config.heartbeatSeconds,
    keepMezzanine: spec.keepMezzanine,
    searchAttributes,
    priority: spec.priority ?? usual,
    ...((await readJson(layout.accepted, acceptedSchema)) && { accepted: { from: await madeFrom(layout) } }),
  };
}

/**
 * Starts the job's workflow, or attaches to the one that runs; a paused one goes on. @param tell somebody of its end,
 * as its notice says.
 */
export async function startJob(
  config: Config,
  { client, lease }: { client: Client; lease: { info: Omit<Pool, 'client'> } },
  spec: JobSpec,
  tell = false,
): Promise<JobHandle> {
  const input = { ...(await workflowInput(config, { client, ...lease.info }, spec)), ...(tell && { tell }) };
  let starts = 0;
  return goOn(
    async () => {
      // The run before has written down how it ended, and given the output back.
      if (starts++ > 0) await recordJob(config, spec);
      await client.workflow.start('upscaleVideo', {
        workflowId: workflowIdOf(spec.jobKey),
        taskQueue: input.queues.control,
        args: [input],
        ...(input.priority !== undefined && { priority: { priorityKey: input.priority } }),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        staticSummary: `${input.inputName}, ${input.methodName}`,
      });
      // Of no run: the job may continue as a new one.
      return client.workflow.getHandle<typeof upscaleVideo>(workflowIdOf(spec.jobKey));
    },
    tell ? { tell } : {},
  );
}

/** TASK_QUEUE_TYPE_ACTIVITY */
const ACTIVITY_QUEUE = 2;

/**
 * Workers, one for each device, that asked these queues for work within the last minutes: those of other hosts too.
 */
async function pollers({ workflowService }: Client, namespace: string, queues: string[]): Promise<number> {
  const answers = await Promise.all(
    queues.map((name) =>
      workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType: ACTIVITY_QUEUE }),
    ),
  );
  return new Set(answers.flatMap((answer) => answer.pollers.map(({ identity }) => identity))).size;
}
