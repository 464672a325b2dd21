import { WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { request } from '../../src/client/connection/request.js';
import type { UpscaleBatchInput } from '../../src/job/batch/contracts.js';
import type { UpscaleVideoInput } from '../../src/job/contracts.js';
import { workflowIdOf } from '../../src/job/workflowIds.js';
import type { upscaleBatch, upscaleVideo } from '../../src/workflows/index.js';
import {
  batchQuery,
  cancelRequest,
  pauseRequest,
  progressQuery,
  resumeRequest,
} from '../../src/workflows/messages.js';
import { FakeBatch } from '../support/fakeBatch.js';
import { FakeJob, heldWork } from '../support/fakeJob.js';
import { record } from '../support/histories.js';
import { timeSkippingServer, workflowBundle } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let counter = 0;
const started: string[] = [];

beforeAll(async () => {
  env = await timeSkippingServer();
});
afterAll(async () => {
  await env?.teardown();
});

// Every history that a test made is replayed: code that is not deterministic fails here first.
afterEach(async () => {
  for (const workflowId of started.splice(0)) {
    const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
    record(expect.getState().currentTestName ?? workflowId, history);
  }
});

/** A batch on a queue of its own. Its videos are jobs with one segment each. */
function setUp(change: Partial<UpscaleBatchInput> = {}) {
  const queue = `batch${++counter}`;
  const input: UpscaleBatchInput = {
    batchKey: queue,
    name: 'videos',
    controlQueue: queue,
    heartbeatSeconds: 30,
    parallel: 2,
    pageVideos: 100,
    searchAttributes: false,
    priority: 4,
    tell: false,
    ...change,
  };
  const jobKey = (index: number): string => `${queue}-${index}`;
  const job = (index: number): UpscaleVideoInput => ({
    jobKey: jobKey(index),
    upscaleKey: 'up',
    inputName: `${index}.mp4`,
    methodName: 'bicubic x2',
    method: 'filter',
    queues: { control: queue, encode: queue, upscale: [] },
    devices: 1,
    encodeSlots: 1,
    heartbeatSeconds: 30,
    keepMezzanine: false,
    searchAttributes: false,
    priority: 4,
  });
  return { input, jobKey, job };
}

async function withWorker<T>(
  batch: FakeBatch,
  job: FakeJob,
  input: UpscaleBatchInput,
  test: (handle: Awaited<ReturnType<typeof start>>) => Promise<T>,
): Promise<T> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: input.controlQueue,
    workflowBundle,
    activities: { ...batch.watching(job.activities), ...batch.activities },
    maxHeartbeatThrottleInterval: '100 milliseconds',
    defaultHeartbeatThrottleInterval: '100 milliseconds',
  });
  return worker.runUntil(async () => test(await start(input)));
}

async function start(input: UpscaleBatchInput) {
  started.push(input.batchKey);
  const { workflowId } = await env.client.workflow.start<typeof upscaleBatch>('upscaleBatch', {
    workflowId: input.batchKey,
    taskQueue: input.controlQueue,
    args: [input],
  });
  return env.client.workflow.getHandle<typeof upscaleBatch>(workflowId);
}

async function reached(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 800; i++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('that state was never reached');
}

/** A job's segment takes until a run that did not start the job asks for it. */
async function untilLookedAt(batch: FakeBatch) {
  await reached(() => batch.lookedAt.size > 0);
  return { reused: 0 };
}

const videoHandle = (jobKey: string) => env.client.workflow.getHandle<typeof upscaleVideo>(workflowIdOf(jobKey));

it('a batch makes every video once over several runs, few at a time; a bad file does not stop it', async () => {
  const { input, job } = setUp({ pageVideos: 3 });
  const batch = new FakeBatch(8, job, { bad: [2], made: [5] });
  let atWork = 0;
  let most = 0;
  const fake = new FakeJob([5], {
    encodeSegment: async () => {
      most = Math.max(most, ++atWork);
      await new Promise((resolve) => setTimeout(resolve, 50));
      atWork--;
      return { reused: 0 };
    },
  });
  const counts = await withWorker(batch, fake, input, (handle) => handle.result());
  expect(counts).toMatchObject({ files: 8, done: 6, failed: 1, skipped: 1, unfinished: 0 });
  expect([...batch.prepared].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(batch.recorded.map(({ index }) => index).sort()).toEqual([0, 1, 3, 4, 6, 7]);
  expect(fake.count('publish')).toBe(6);
  expect(most).toBe(2);
  expect(batch.opened).toHaveLength(1);
  expect(batch.looks).toBe(0);
  const runs = (await env.client.workflow.getHandle(input.batchKey).fetchHistory()).events?.[0]
    ?.workflowExecutionStartedEventAttributes;
  expect(runs?.continuedExecutionRunId, 'the last run continues another one').toBeTruthy();
});

it('a run that is over while a job is at work leaves the job to the next run', async () => {
  const { input, job } = setUp({ pageVideos: 2 });
  const batch = new FakeBatch(3, job, { bad: [1] });
  const fake = new FakeJob([5], {
    encodeSegment: () => (batch.lookedAt.size === 0 ? untilLookedAt(batch) : Promise.resolve({ reused: 0 })),
  });
  const counts = await withWorker(batch, fake, input, (handle) => handle.result());
  expect(counts).toMatchObject({ done: 2, failed: 1, unfinished: 0 });
  expect([...batch.lookedAt]).toEqual([`${input.batchKey}-0`]);
  expect(fake.count('publish')).toBe(2);
});

it('a paused batch begins nothing, its jobs end their activities, and all go on when it is resumed', async () => {
  const { input, job, jobKey } = setUp();
  const batch = new FakeBatch(4, job);
  let held = true;
  const fake = new FakeJob(
    [5],
    heldWork(() => held),
  );
  await withWorker(batch, fake, input, async (handle) => {
    await reached(() => fake.count('encodeSegment 0') === 2);
    await request(handle, pauseRequest, { reason: 'interrupted' });
    await reached(
      async () => (await videoHandle(jobKey(0)).query(progressQuery)).paused?.reason === 'its batch is paused',
    );
    const progress = await handle.query(batchQuery);
    expect(progress.paused).toEqual({ reason: 'interrupted' });
    expect(progress.running.map(({ index }) => index).sort()).toEqual([0, 1]);
    expect([...batch.prepared].sort()).toEqual([0, 1]);
    held = false;
    await request(handle, resumeRequest, {});
    expect(await handle.result()).toMatchObject({ done: 4 });
  });
});

it('a batch whose time window is over pauses its jobs, says what is unfinished; the next round goes on', async () => {
  const { input, job, jobKey } = setUp({ settleSeconds: 1 });
  const batch = new FakeBatch(3, job, { until: (await env.currentTimeMs()) + 10_000 });
  let held = true;
  const fake = new FakeJob(
    [5],
    heldWork(() => held),
  );
  await withWorker(batch, fake, input, async (handle) => {
    await reached(() => fake.count('encodeSegment 0') === 2);
    expect(await handle.result()).toMatchObject({ done: 0, unfinished: 2 });
    expect(batch.closed).toEqual(['unfinished']);
    for (const index of [0, 1]) {
      const video = videoHandle(jobKey(index));
      await reached(async () => (await video.query(progressQuery)).paused?.reason === 'until the next round');
      // Returns once the activities have ended.
      await request(video, pauseRequest, { reason: 'until the next round' });
    }
    held = false;
    batch.until = undefined;
    const next = await start({ ...input, batchKey: `${input.batchKey}-2` });
    await next.result();
  });
  expect(
    batch.recorded.map(({ index, unfinished }) => `${index} ${unfinished ? 'unfinished' : 'done'}`).sort(),
  ).toEqual(['0 done', '0 unfinished', '1 done', '1 unfinished', '2 done']);
  expect(batch.closed).toEqual(['unfinished', 'done']);
  expect(batch.looks).toBe(2);
  expect(batch.opened.map(({ settled }) => settled)).toEqual([true, true]);
  expect(fake.count('probe'), 'jobs of the first round go on').toBe(3);
});

it('a round that begins behind its window does nothing', async () => {
  const { input, job } = setUp();
  const batch = new FakeBatch(3, job, { until: (await env.currentTimeMs()) - 1000 });
  expect(await withWorker(batch, new FakeJob([5]), input, (handle) => handle.result())).toMatchObject({ done: 0 });
  expect(batch.prepared).toEqual([]);
  expect(batch.closed).toEqual(['unfinished']);
});

it('a batch that is cancelled cancels the jobs at work and begins no other', async () => {
  const { input, job } = setUp();
  const batch = new FakeBatch(4, job);
  const fake = new FakeJob([5], heldWork());
  await withWorker(batch, fake, input, async (handle) => {
    await reached(() => fake.count('encodeSegment 0') === 2);
    await request(handle, cancelRequest, { discard: true });
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
  });
  expect(fake.ended).toEqual([
    { state: 'cancelled', discard: true },
    { state: 'cancelled', discard: true },
  ]);
  expect(batch.closed).toEqual(['cancelled']);
  expect([...batch.prepared].sort()).toEqual([0, 1]);
});
