import { existsSync } from 'node:fs';
import path from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from '../../src/client/connection/request.js';
import { TEMPORAL_VERSION } from '../../src/client/connection/temporalVersion.js';
import type { PublishInput, UpscaleVideoInput } from '../../src/job/contracts.js';
import { upscaleVideoInputSchema } from '../../src/job/inputs.js';
import { cancelRequest, pauseRequest, progressQuery, resumeRequest } from '../../src/workflows/messages.js';
import type { upscaleVideo } from '../../src/workflows/upscaleVideo.js';
import { loadConfig } from '../../temporal.config.js';
import { FakeJob, untilCancelled } from '../support/fakeJob.js';
import { workflowBundle } from '../support/temporal.js';

/** Events after which this server asks for a new run; Temporal's own default is 4096. */
const LONG = 60;
const SEGMENTS = Array.from({ length: 24 }, () => 10);

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  const file = path.join(loadConfig().home, 'bin', `temporal-${TEMPORAL_VERSION}`);
  env = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: existsSync(file) ? file : 'temporal' },
      extraArgs: ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${LONG}`],
    },
  });
});
afterAll(async () => {
  await env?.teardown();
});

let counter = 0;
async function run(
  job: FakeJob,
  change: Partial<UpscaleVideoInput>,
  during: (handle: Awaited<ReturnType<typeof start>>) => Promise<void>,
): Promise<Awaited<ReturnType<typeof start>>> {
  const queue = `long${++counter}`;
  const input: UpscaleVideoInput = {
    jobKey: queue,
    upscaleKey: 'up',
    inputName: 'a.mp4',
    methodName: 'bicubic x2',
    method: 'filter',
    queues: { control: queue, encode: queue, upscale: [queue] },
    devices: 1,
    encodeSlots: 2,
    heartbeatSeconds: 30,
    keepMezzanine: false,
    searchAttributes: false,
    ...change,
  };
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: queue,
    workflowBundle,
    activities: { ...job.activities },
    maxHeartbeatThrottleInterval: '100 milliseconds',
    defaultHeartbeatThrottleInterval: '100 milliseconds',
  });
  return worker.runUntil(async () => {
    const handle = await start(input);
    await during(handle);
    await handle.result().catch(() => undefined);
    return handle;
  });
}
const start = (input: UpscaleVideoInput) =>
  env.client.workflow.start<typeof upscaleVideo>('upscaleVideo', {
    workflowId: input.jobKey,
    taskQueue: input.queues.control,
    args: [input],
  });

/** Every run of a workflow, the last one first; each is replayed. */
async function runsOf(workflowId: string): Promise<{ events: number; input: UpscaleVideoInput }[]> {
  const runs: { events: number; input: UpscaleVideoInput }[] = [];
  let { runId } = await env.client.workflow.getHandle(workflowId).describe();
  while (runId !== '') {
    const history = await env.client.workflow.getHandle(workflowId, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
    const began = history.events?.[0]?.workflowExecutionStartedEventAttributes;
    const payload = began?.input?.payloads?.[0]?.data;
    runs.push({
      events: history.events?.length ?? 0,
      input: upscaleVideoInputSchema.parse(JSON.parse(Buffer.from(payload ?? []).toString())),
    });
    runId = began?.continuedExecutionRunId ?? '';
  }
  return runs;
}

describe('a job whose history grows long', () => {
  it('goes on in a new run behind what is encoded, with the start of the first', async () => {
    const published: PublishInput[] = [];
    const job = new FakeJob(SEGMENTS, {
      publish: (input) => {
        published.push(input);
        return new FakeJob([]).activities.publish(input);
      },
    });
    const { workflowId } = await run(job, {}, () => Promise.resolve());
    const runs = await runsOf(workflowId);
    expect(runs.length).toBeGreaterThan(1);
    for (const { events } of runs) expect(events).toBeLessThan(3 * LONG);
    for (const index of SEGMENTS.keys()) expect(job.count(`encodeSegment ${index}`)).toBeGreaterThan(0);
    // What was at work when a run ended is looked at once more, and nothing else.
    expect(job.calls.filter((call) => call.startsWith('encodeSegment')).length).toBeLessThanOrEqual(
      SEGMENTS.length + 2 * (runs.length - 1),
    );
    for (const stage of ['probe', 'planSegments', 'concatSegments', 'mergeAudio', 'verifyDeliverable', 'publish'])
      expect(job.count(stage)).toBe(1);
    expect(published[0]?.startedAt).toBe(runs[0]?.input.carried?.startedAt);
  });

  it('with a network, paused and resumed in a later run, ends as one that never was long', async () => {
    let slow = false;
    const job = new FakeJob(SEGMENTS, {
      encodeSegment: () => (slow ? untilCancelled() : Promise.resolve({ reused: 0 })),
    });
    const { workflowId } = await run(job, { method: 'model' }, async (handle) => {
      const progress = () => handle.query(progressQuery);
      while ((await progress()).encodedFrames < 120) await new Promise((resolve) => setTimeout(resolve, 20));
      slow = true;
      await request(handle, pauseRequest, { reason: 'by the user' });
      const { encodedFrames, paused, frames } = await progress();
      expect({ paused, frames }).toEqual({ paused: { reason: 'by the user' }, frames: 240 });
      expect(encodedFrames).toBeGreaterThanOrEqual(120);
      slow = false;
      await request(handle, resumeRequest, { tell: false });
    });
    expect((await runsOf(workflowId)).length).toBeGreaterThan(1);
    expect((await env.client.workflow.getHandle(workflowId).describe()).status.name).toBe('COMPLETED');
    expect(job.count('publish')).toBe(1);
  });

  it('is cancelled in a later run', async () => {
    let slow = false;
    const job = new FakeJob(SEGMENTS, {
      encodeSegment: () => (slow ? untilCancelled() : Promise.resolve({ reused: 0 })),
    });
    const { workflowId } = await run(job, {}, async (handle) => {
      while ((await handle.query(progressQuery)).encodedFrames < 180)
        await new Promise((resolve) => setTimeout(resolve, 10));
      slow = true;
      await request(handle, cancelRequest, { discard: true });
    });
    expect((await runsOf(workflowId)).length).toBeGreaterThan(1);
    expect(job.ended).toEqual([{ state: 'cancelled', discard: true }]);
  });
});
