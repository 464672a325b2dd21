import path from 'node:path';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { request } from '../../src/client/connection/request.js';
import { goOn } from '../../src/client/job/goOn.js';
import type { UpscaleBatchInput } from '../../src/job/batch/contracts.js';
import type { UpscaleVideoInput } from '../../src/job/contracts.js';
import { workflowIdOf } from '../../src/job/workflowIds.js';
import type { upscaleBatch, upscaleVideo } from '../../src/workflows/index.js';
import {
  batchQuery,
  cancelRequest,
  pauseRequest,
  pauseSignal,
  progressQuery,
  resumeRequest,
  resumeSignal,
} from '../../src/workflows/messages.js';
import { FakeBatch } from '../support/fakeBatch.js';
import { FakeJob, heldWork } from '../support/fakeJob.js';
import { openServer } from '../support/openServer.js';
import { workflowBundle } from '../support/temporal.js';

const server = await openServer();
const queue = 'cold';
const input: UpscaleBatchInput = {
  batchKey: queue,
  name: 'videos',
  controlQueue: queue,
  heartbeatSeconds: 2,
  parallel: 2,
  pageVideos: 100,
  searchAttributes: false,
  priority: 4,
  tell: false,
};
const jobInput = (index: number): UpscaleVideoInput => ({
  jobKey: `${queue}-${index}`,
  upscaleKey: 'up',
  inputName: `${index}.mp4`,
  methodName: 'bicubic x2',
  method: 'filter',
  queues: { control: queue, encode: queue, upscale: [] },
  devices: 1,
  encodeSlots: 1,
  heartbeatSeconds: 2,
  keepMezzanine: false,
  searchAttributes: false,
  priority: 4,
});
const batch = new FakeBatch(2, jobInput);
let held = true;
const fake = new FakeJob(
  [5, 5],
  heldWork(() => held),
);

/** A worker that knows no run: each run is replayed from its history. */
async function withNewWorker<T>(test: () => Promise<T>): Promise<T> {
  const worker = await Worker.create({
    connection: server.native,
    taskQueue: queue,
    workflowBundle,
    activities: { ...batch.watching(fake.activities), ...batch.activities },
    maxHeartbeatThrottleInterval: '100 milliseconds',
    defaultHeartbeatThrottleInterval: '100 milliseconds',
    shutdownForceTime: '5 seconds',
    shutdownGraceTime: '10 milliseconds',
  });
  return worker.runUntil(test);
}

async function reached(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 25));
}

it('what is asked of a batch while no worker runs is answered by the next in order; all others go on', async () => {
  const job = (index: number) =>
    server.client.workflow.getHandle<typeof upscaleVideo>(workflowIdOf(`${queue}-${index}`));
  const handle = await server.client.workflow.start<typeof upscaleBatch>('upscaleBatch', {
    workflowId: queue,
    taskQueue: queue,
    args: [input],
  });
  // Before the first task.
  await handle.signal(resumeRequest, {});
  await handle.signal(pauseRequest, { reason: 'first' });
  await withNewWorker(async () => {
    expect((await handle.query(batchQuery)).paused).toEqual({ reason: 'first' });
    expect(await request(handle, resumeRequest, {})).toBe('done');
    await reached(() => fake.count('encodeSegment 0') === 2);
  });
  for (let round = 0; round < 3; round++) {
    await job(0).signal(pauseSignal, { reason: 'its batch is paused' });
    const asked = [
      request(handle, resumeRequest, {}),
      request(handle, pauseRequest, { reason: 'by the user' }),
      request(handle, resumeRequest, {}),
      request(job(0), pauseRequest, { reason: 'by the user' }),
    ];
    await job(1).signal(resumeSignal, {});
    await withNewWorker(async () => {
      expect(await Promise.all(asked)).toEqual(['done', 'done', 'done', 'done']);
      expect(await request(job(0), resumeRequest, {})).toBe('done');
      await reached(async () => (await job(0).query(progressQuery)).paused === undefined);
    });
  }
  held = false;
  await withNewWorker(async () => {
    expect(await request(handle, resumeRequest, {})).toBe('done');
    expect(await handle.result()).toMatchObject({ done: 2 });
    expect(
      await request(handle, cancelRequest, { discard: false }).catch((error: unknown) => (error as Error).name),
    ).toBe('WorkflowNotFoundError');
  });
});

it('a run whose history does not fit the program is ended, and its job is begun again', async () => {
  const then = await Worker.create({
    connection: server.native,
    taskQueue: queue,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: path.resolve(import.meta.dirname, '../support/otherWorkflow.ts'),
    }),
  });
  const start = () =>
    server.client.workflow.start<typeof upscaleVideo>('upscaleVideo', {
      workflowId: 'of-then',
      taskQueue: queue,
      args: [jobInput(9)],
    });
  const stuck = await then.runUntil(async () => {
    const handle = await start();
    await reached(async () =>
      Boolean(
        (await handle.fetchHistory()).events?.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes),
      ),
    );
    return handle;
  });
  await withNewWorker(async () => {
    const handles = [stuck];
    const again = await goOn(async () => handles.shift() ?? start(), {});
    expect((await again.result()).status).toBe('done');
  });
  expect((await server.client.workflow.getHandle('of-then', stuck.firstExecutionRunId).describe()).status.name).toBe(
    'TERMINATED',
  );
});
