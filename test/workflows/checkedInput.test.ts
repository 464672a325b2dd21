import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpscaleVideoInput } from '../../src/job/contracts.js';
import { cancelSignal, cancelUpdate, progressQuery } from '../../src/workflows/messages.js';
import { FakeJob, heldWork } from '../support/fakeJob.js';
import { timeSkippingServer, workflowBundle } from '../support/temporal.js';

const good: UpscaleVideoInput = {
  jobKey: 'a'.repeat(32),
  upscaleKey: 'b'.repeat(32),
  inputName: 'a.mp4',
  methodName: 'bicubic x2',
  method: 'filter',
  queues: { control: 'q', encode: 'q', upscale: [] },
  devices: 1,
  encodeSlots: 2,
  heartbeatSeconds: 30,
  keepMezzanine: false,
  searchAttributes: false,
};
const evil = '../../../../tmp/evil';
// The test server refuses to cancel an activity that has ended meanwhile, which a real one does not.
const job = new FakeJob([10], heldWork());
let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  env = await timeSkippingServer();
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'q',
    workflowBundle,
    activities: { ...job.activities },
    maxHeartbeatThrottleInterval: 50,
  });
  running = worker.run();
}, 60_000);
afterAll(async () => {
  worker.shutdown();
  await running;
  await env.teardown();
});

const start = (type: string, args: unknown[]) =>
  env.client.workflow.start(type, { workflowId: `w${Math.random()}`, taskQueue: 'q', args });

describe('a workflow', () => {
  it.each([
    ['upscaleVideo', { ...good, jobKey: evil }, 'jobKey must be a key'],
    ['upscaleVideo', { ...good, devices: 0 }, 'devices'],
    [
      'upscaleVideo',
      { ...good, queues: { ...good.queues, encode: 'a queue\n' } },
      'queues.encode must be the name of a queue',
    ],
    ['upscaleBatch', { batchKey: evil }, 'batchKey'],
    ['tellEnd', { controlQueue: 'q', subject: { kind: 'job', jobKey: evil } }, 'subject.jobKey must be a key'],
    ['tellEnd', undefined, 'the input of tellEnd cannot be taken'],
  ])('%s that is started with what it cannot take fails with one line, for good', async (type, input, line) => {
    const failure: unknown = await (await start(type, [input])).result().catch((error: unknown) => error);
    expect(failure).toMatchObject({ cause: { type: 'BadInput', nonRetryable: true } });
    expect((failure as { cause: Error }).cause.message).toContain(line);
    expect(job.calls).toEqual([]);
  });

  it('refuses an update and passes over a signal that it cannot take, and goes on', async () => {
    const handle = await start('upscaleVideo', [good]);
    await expect(
      handle.executeUpdate(cancelUpdate, { args: [{ discard: 'yes' } as unknown as { discard: boolean }] }),
    ).rejects.toMatchObject({ cause: { message: expect.stringContaining('discard') as string } });
    await handle.signal(cancelSignal, 'nonsense' as unknown as { discard: boolean });
    expect((await handle.query(progressQuery)).stage).not.toBe('cancelled');
    await handle.executeUpdate(cancelUpdate, { args: [{ discard: true }] });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'JobCancelled' } });
    expect(job.ended).toEqual([{ state: 'cancelled', discard: true }]);
  });
});
