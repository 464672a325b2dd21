import { Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import type { UpscaleVideoInput } from '../../src/job/contracts.js';
import { FakeJob } from '../support/fakeJob.js';
import { eventually } from '../support/home.js';
import { openServer } from '../support/openServer.js';
import { workflowBundle } from '../support/temporal.js';

const server = await openServer();

/** Activities that wait on the encode queue. TASK_QUEUE_TYPE_ACTIVITY is 2. */
async function waiting(): Promise<number> {
  const { stats } = await server.client.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name: 'encode' },
    taskQueueType: 2,
    reportStats: true,
  });
  return Number(stats?.approximateBacklogCount ?? 0);
}

it('the server gives segments that wait for the one slot of a queue to the more urgent job first', async () => {
  const { client } = server;
  const taken: string[] = [];
  const job = new FakeJob([1, 1, 1], {
    encodeSegment: ({ jobKey }) => {
      taken.push(jobKey);
      return Promise.resolve({ reused: 0 });
    },
  });
  const input = (jobKey: string, priority: number): UpscaleVideoInput => ({
    jobKey,
    upscaleKey: 'up',
    inputName: 'a.mp4',
    methodName: 'bicubic x2',
    method: 'filter',
    queues: { control: 'control', encode: 'encode', upscale: [] },
    devices: 1,
    encodeSlots: 3,
    heartbeatSeconds: 30,
    keepMezzanine: false,
    searchAttributes: false,
    priority,
  });
  const start = (jobKey: string, priority: number) =>
    client.workflow.start('upscaleVideo', {
      workflowId: jobKey,
      taskQueue: 'control',
      args: [input(jobKey, priority)],
    });
  const control = await Worker.create({
    connection: server.native,
    taskQueue: 'control',
    workflowBundle,
    activities: { ...job.activities },
  });
  await control.runUntil(async () => {
    const handles: { result(): Promise<unknown> }[] = [];
    // All segments wait on the queue before anybody takes one, the least urgent first.
    for (const [jobKey, priority] of [
      ['night', 4],
      ['single', 2],
      ['preview', 1],
    ] as const)
      handles.push(await start(jobKey, priority));
    await eventually(async () => (await waiting()) === 9);
    const encode = await Worker.create({
      connection: server.native,
      taskQueue: 'encode',
      activities: { ...job.activities },
      maxConcurrentActivityTaskExecutions: 1,
      maxConcurrentActivityTaskPolls: 1,
    });
    await encode.runUntil(Promise.all(handles.map((handle) => handle.result())));
  });
  expect(taken).toEqual(['preview', 'preview', 'preview', 'single', 'single', 'single', 'night', 'night', 'night']);
});
