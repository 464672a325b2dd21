import { Client, type Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { UpscaleVideoInput } from '../../src/job/contracts.js';
import { startOpenServer, type EmbeddedServer } from '../../src/worker/embeddedServer.js';
import { prepareHome } from '../../src/worker/home.js';
import { connectWhenReady } from '../../src/worker/temporalConnection.js';
import { FakeJob } from '../support/fakeJob.js';
import { eventually, scratchHome } from '../support/home.js';
import { workflowBundle } from '../support/temporal.js';

const config = await scratchHome();
let server: EmbeddedServer;
let connection: Connection;
let native: NativeConnection;

beforeAll(async () => {
  prepareHome(config.home);
  server = await startOpenServer(config, () => undefined);
  connection = await connectWhenReady(config, server.address, AbortSignal.timeout(120_000));
  native = await NativeConnection.connect({ address: server.address });
});
afterAll(async () => {
  await native?.close();
  await connection?.close();
  await server?.child.stop(5000);
});

/** Activities that wait on the encode queue. TASK_QUEUE_TYPE_ACTIVITY is 2. */
async function waiting(): Promise<number> {
  const { stats } = await connection.workflowService.describeTaskQueue({ namespace: 'default', taskQueue: { name: 'encode' }, taskQueueType: 2, reportStats: true });
  return Number(stats?.approximateBacklogCount ?? 0);
}

it('the server gives segments that wait for the one slot of a queue to the more urgent job first', async () => {
  const client = new Client({ connection });
  const taken: string[] = [];
  const job = new FakeJob([1, 1, 1], {
    encodeSegment: ({ jobKey }) => {
      taken.push(jobKey);
      return Promise.resolve({ reused: 0 });
    },
  });
  const input = (jobKey: string, priority: number): UpscaleVideoInput => ({
    jobKey, upscaleKey: 'up', inputName: 'a.mp4', methodName: 'bicubic x2', method: 'filter', queues: { control: 'control', encode: 'encode', upscale: [] },
    devices: 1, encodeSlots: 3, heartbeatSeconds: 30, keepMezzanine: false, searchAttributes: false, priority,
  });
  const start = (jobKey: string, priority: number) => client.workflow.start('upscaleVideo', { workflowId: jobKey, taskQueue: 'control', args: [input(jobKey, priority)] });
  const control = await Worker.create({ connection: native, taskQueue: 'control', workflowBundle: await workflowBundle(), activities: { ...job.activities } });
  await control.runUntil(async () => {
    const handles: { result(): Promise<unknown> }[] = [];
    // All segments wait on the queue before anybody takes one, the least urgent first.
    for (const [jobKey, priority] of [['night', 4], ['single', 2], ['preview', 1]] as const) handles.push(await start(jobKey, priority));
    await eventually(async () => (await waiting()) === 9);
    const encode = await Worker.create({
      connection: native, taskQueue: 'encode', activities: { ...job.activities }, maxConcurrentActivityTaskExecutions: 1, maxConcurrentActivityTaskPolls: 1,
    });
    await encode.runUntil(Promise.all(handles.map((handle) => handle.result())));
  });
  expect(taken).toEqual(['preview', 'preview', 'preview', 'single', 'single', 'single', 'night', 'night', 'night']);
});
