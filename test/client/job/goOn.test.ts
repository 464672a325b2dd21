import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { goOn } from '../../../src/client/job/goOn.js';
import type { UpscaleVideoInput } from '../../../src/job/contracts.js';
import type { upscaleVideo } from '../../../src/workflows/upscaleVideo.js';
import { FakeJob } from '../../support/fakeJob.js';
import { timeSkippingServer, workflowBundle } from '../../support/temporal.js';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await timeSkippingServer();
});
afterAll(async () => {
  await env?.teardown();
});

const key = 'c'.repeat(32);
const input: UpscaleVideoInput = {
  jobKey: key,
  upscaleKey: key,
  inputName: 'a.mp4',
  methodName: 'bicubic x2',
  method: 'filter',
  queues: { control: 'go-on', encode: 'go-on', upscale: [] },
  devices: 1,
  encodeSlots: 1,
  heartbeatSeconds: 30,
  keepMezzanine: false,
  searchAttributes: false,
};
const start = () =>
  env.client.workflow.start<typeof upscaleVideo>('upscaleVideo', {
    workflowId: `upscale-${key}`,
    taskQueue: 'go-on',
    args: [input],
  });

it('a job that ends just before it is told to go on is done, or is begun again', async () => {
  const lost = await start();
  await lost.terminate('it ended while a command attached to it');
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'go-on',
    workflowBundle,
    activities: { ...new FakeJob([10]).activities },
  });
  await worker.runUntil(async () => {
    const handles = [lost];
    const again = await goOn(async () => handles.shift() ?? start(), {});
    expect((await again.result()).status).toBe('done');

    let starts = 0;
    const done = await goOn(() => {
      starts++;
      return Promise.resolve(again);
    }, {});
    expect((await done.result()).status).toBe('done');
    expect(starts).toBe(1);
  });
});
