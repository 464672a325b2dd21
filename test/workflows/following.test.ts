import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentRef } from '../../src/job/contracts.js';
import { BEGUN_SIGNAL } from '../../src/job/following.js';
import type { upscaleVideo } from '../../src/workflows/upscaleVideo.js';
import { FakeJob, failing } from '../support/fakeJob.js';
import { timeSkippingServer, workflowBundle } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await timeSkippingServer();
});
afterAll(async () => {
  await env?.teardown();
});

/** Says that a segment's first part is durable. */
async function sayBegun(segment: number): Promise<void> {
  const { client, info } = Context.current();
  await client.workflow.getHandle(info.workflowExecution?.workflowId ?? '').signal(BEGUN_SIGNAL, segment);
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) {
    Context.current().heartbeat();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

let counter = 0;

/** Runs a job whose plan lets encodes follow, and replays its history. */
async function run(job: FakeJob): Promise<void> {
  const queue = `following${++counter}`;
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: queue,
    workflowBundle,
    activities: { ...job.activities },
  });
  const handle = await worker.runUntil(async () => {
    const started = await env.client.workflow.start<typeof upscaleVideo>('upscaleVideo', {
      workflowId: queue,
      taskQueue: queue,
      args: [
        {
          jobKey: queue,
          upscaleKey: 'up',
          inputName: 'a.mp4',
          methodName: 'net x2',
          method: 'model',
          queues: { control: queue, encode: queue, upscale: [queue] },
          devices: 1,
          encodeSlots: 2,
          heartbeatSeconds: 30,
          keepMezzanine: false,
          searchAttributes: false,
        },
      ],
    });
    await started.result();
    return started;
  });
  await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), queue);
}

const planned = (segments: number[]) => () =>
  Promise.resolve({ frames: segments.reduce((a, b) => a + b, 0), segments, backlog: 4, follow: 25 });

describe('an encode that follows', () => {
  it('begins while its segment is being upscaled, whose frames stay until the upscale has ended', async () => {
    const asked: SegmentRef[] = [];
    let upscaled = false;
    const job: FakeJob = new FakeJob([10], {
      planSegments: planned([10]),
      upscaleSegment: async (ref) => {
        asked.push(ref);
        await sayBegun(0);
        await until(() => job.count('encodeSegment 0') === 1);
        await new Promise((resolve) => setTimeout(resolve, 300));
        upscaled = true;
        return { reused: 0 };
      },
      encodeSegment: (ref) => {
        asked.push(ref);
        return Promise.resolve({ reused: 0 });
      },
      deleteMezzanine: () => {
        expect(upscaled).toBe(true);
        return Promise.resolve();
      },
    });
    await run(job);
    expect(asked.map(({ follow }) => follow)).toEqual([25, 25]);
    expect(job.count('encodeSegment 0')).toBe(1);
    expect(job.count('deleteMezzanine 0')).toBe(1);
  });

  it.each([
    ['has waited long enough', () => Promise.resolve({ reused: 0, unfinished: true })],
    ['meets a damaged part', () => Promise.reject(failing('PartDamaged'))],
  ])('is made again behind the upscale when it %s', async (_, first) => {
    const follows: (number | undefined)[] = [];
    const job: FakeJob = new FakeJob([10], {
      planSegments: planned([10]),
      upscaleSegment: async () => {
        await sayBegun(0);
        await until(() => job.count('encodeSegment 0') === 1);
        await new Promise((resolve) => setTimeout(resolve, 300));
        return { reused: 0 };
      },
      encodeSegment: ({ follow }) => {
        follows.push(follow);
        return follows.length === 1 ? first() : Promise.resolve({ reused: 0 });
      },
    });
    await run(job);
    expect(follows).toEqual([25, undefined]);
    expect(job.count('upscaleSegment 0')).toBe(1);
    expect(job.count('deleteMezzanine 0')).toBe(1);
  });

  it('waits behind the upscale where nobody says that a part is durable', async () => {
    const job = new FakeJob([10, 10], { planSegments: planned([10, 10]) });
    await run(job);
    for (const segment of [0, 1]) expect(job.count(`encodeSegment ${segment}`)).toBe(1);
  });

  it.each([
    ['shows that the device is fast', 50, 25],
    ['shows a slow device', 1, undefined],
    ['was found on the disk', undefined, undefined],
  ])('begins with a later segment where the first one %s', async (_, fps, part) => {
    const asked: SegmentRef[] = [];
    const job = new FakeJob([10, 10, 10, 10], {
      planSegments: () => Promise.resolve({ frames: 40, segments: [10, 10, 10, 10], backlog: 4, encodeSeconds: 0.1 }),
      upscaleSegment: (ref) => {
        asked.push(ref);
        return Promise.resolve({ reused: 0, ...(fps !== undefined && { fps }) });
      },
    });
    await run(job);
    // A device has the next one in its queue already; in the test both are taken at once.
    const bySegment = asked.toSorted((a, b) => a.segment - b.segment);
    expect(bySegment.map(({ follow }) => follow)).toEqual([undefined, undefined, part, part]);
  });

  it('is not begun for a segment that nobody knows', async () => {
    const job: FakeJob = new FakeJob([10], {
      planSegments: planned([10]),
      upscaleSegment: async () => {
        await sayBegun(7);
        return { reused: 0 };
      },
    });
    await run(job);
    expect(job.calls.filter((call) => call.startsWith('encode'))).toEqual(['encodeSegment 0']);
  });
});
