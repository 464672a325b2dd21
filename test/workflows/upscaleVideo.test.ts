import { WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { request } from '../../src/client/connection/request.js';
import type { UpscaleVideoInput } from '../../src/job/contracts.js';
import { cancelRequest, pauseRequest, progressQuery, resumeRequest } from '../../src/workflows/messages.js';
import type { upscaleVideo } from '../../src/workflows/upscaleVideo.js';
import { FakeJob, failing, heldWork, untilCancelled } from '../support/fakeJob.js';
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

function inputFor(change: Partial<UpscaleVideoInput> = {}): UpscaleVideoInput {
  const queue = `q${++counter}`;
  return {
    jobKey: `job${counter}`,
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
}
/** What the Temporal Web UI shows of a workflow. */
const detailsOf = async (handle: Awaited<ReturnType<typeof start>>): Promise<string> =>
  (await handle.query<{ currentDetails?: string }, []>('__temporal_workflow_metadata')).currentDetails ?? '';

const modelInput = (change: Partial<UpscaleVideoInput> = {}) => inputFor({ method: 'model', ...change });

async function withWorker<T>(
  job: FakeJob,
  input: UpscaleVideoInput,
  test: (handle: Awaited<ReturnType<typeof start>>) => Promise<T>,
): Promise<T> {
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: input.queues.control,
    workflowBundle,
    activities: { ...job.activities },
    maxHeartbeatThrottleInterval: '100 milliseconds',
    defaultHeartbeatThrottleInterval: '100 milliseconds',
  });
  return worker.runUntil(async () => test(await start(input)));
}

async function start(input: UpscaleVideoInput) {
  started.push(input.jobKey);
  return env.client.workflow.start<typeof upscaleVideo>('upscaleVideo', {
    workflowId: input.jobKey,
    taskQueue: input.queues.control,
    args: [input],
  });
}

async function reached(check: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('that state was never reached');
}

const failureOf = async (result: Promise<unknown>): Promise<string> => {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  let cause = error as Error;
  while (cause.cause instanceof Error) cause = cause.cause;
  return cause.message;
};

describe('a job with a filter', () => {
  it('goes through its stages in order and encodes every segment once', async () => {
    const job = new FakeJob([10, 10, 5]);
    const report = await withWorker(job, inputFor(), (handle) => handle.result());
    expect(report.status).toBe('done');
    expect(job.calls.filter((call) => !/^(encodeSegment|checkSegment|traceSource)/.test(call))).toEqual([
      'probe',
      'planSegments',
      'concatSegments',
      'mergeAudio',
      'verifyDeliverable',
      'publish',
    ]);
    for (const segment of [0, 1, 2]) {
      expect(job.count(`encodeSegment ${segment}`)).toBe(1);
      expect(job.calls.indexOf(`checkSegment ${segment}`)).toBeGreaterThan(
        job.calls.indexOf(`encodeSegment ${segment}`),
      );
      expect(job.count(`checkSegment ${segment}`)).toBe(1);
    }
    expect(job.count('traceSource')).toBe(1);
  });

  it('ends when a segment does not pass its check, though others are not upscaled, and names its frames', async () => {
    const job = new FakeJob([10, 10, 10, 10], {
      upscaleSegment: ({ segment }) => (segment === 0 ? Promise.resolve({ reused: 0 }) : untilCancelled()),
      checkSegment: async () => {
        // The test server does not take the cancellation of an activity that has not begun.
        await reached(() => job.count('upscaleSegment 2') === 1 && job.count('deleteMezzanine 0') === 1);
        return { ok: false, problems: ['the picture is black: frames 0 to 9'] };
      },
    });
    expect(await withWorker(job, modelInput(), (handle) => failureOf(handle.result()))).toBe(
      'segment 1 of 4 did not pass its check: the picture is black: frames 0 to 9',
    );
    expect(job.ended).toEqual([{ state: 'failed', discard: false }]);
    for (const call of ['encodeSegment 1', 'concatSegments']) expect(job.calls).not.toContain(call);
  });

  it('encodes and checks a segment again whose part is found damaged by its check', async () => {
    let first = true;
    const job = new FakeJob([10, 10], {
      checkSegment: ({ segment }) => {
        if (segment !== 1 || !first) return Promise.resolve({ ok: true, problems: [] });
        first = false;
        throw failing('PartDamaged');
      },
    });
    await withWorker(job, inputFor({ encodeSlots: 1 }), (handle) => handle.result());
    expect(job.count('encodeSegment 1')).toBe(2);
    expect(job.count('checkSegment 1')).toBe(2);
  });
});

describe('a job with a model', () => {
  const segments = Array.from({ length: 12 }, () => 10);
  it.each([
    ['as the plan says, which looked at the disk', { frames: 120, segments, backlog: 6 }, 4, 6],
    ['devices + 1, where the plan is an older one', { frames: 120, segments }, 2, 3],
  ])('lets at most so many upscaled segments wait on the disk: %s', async (_, plan, least, most) => {
    const job = new FakeJob(segments, {
      planSegments: () => Promise.resolve(plan),
      encodeSegment: () =>
        new Promise((resolve) =>
          setTimeout(() => {
            resolve({ reused: 0 });
          }, 30),
        ),
    });
    await withWorker(job, modelInput({ devices: 2, encodeSlots: 1 }), (handle) => handle.result());
    expect(job.mostWaiting).toBeLessThanOrEqual(most);
    expect(job.mostWaiting).toBeGreaterThanOrEqual(least);
    expect(job.waiting).toBe(0);
  });

  it('keeps the mezzanine when it was asked to', async () => {
    const job = new FakeJob([10, 10]);
    await withWorker(job, modelInput({ keepMezzanine: true }), (handle) => handle.result());
    expect(job.calls.some((call) => call.startsWith('deleteMezzanine'))).toBe(false);
  });

  it('sends a segment back to upscale when the encode finds a damaged part', async () => {
    let first = true;
    const job = new FakeJob([10, 10], {
      encodeSegment: ({ segment }) => {
        if (segment !== 1 || !first) return Promise.resolve({ reused: 0 });
        first = false;
        throw failing('PartDamaged');
      },
    });
    await withWorker(job, modelInput(), (handle) => handle.result());
    expect(job.count('upscaleSegment 0')).toBe(1);
    expect(job.count('upscaleSegment 1')).toBe(2);
  });

  it('gives up when the same segment is found damaged again and again', async () => {
    const job = new FakeJob([10], {
      encodeSegment: () => {
        throw failing('PartDamaged', 'a part was changed');
      },
    });
    expect(await withWorker(job, modelInput(), (handle) => failureOf(handle.result()))).toContain(
      'a part was changed',
    );
    expect(job.ended).toEqual([{ state: 'failed', discard: false }]);
  });

  it('gives a segment that no worker of a tag takes to the worker of another tag', async () => {
    const input = modelInput({ heartbeatSeconds: 1 });
    input.queues.upscale.push('nobody-polls-this');
    const job = new FakeJob([10, 10, 10, 10]);
    await withWorker(job, input, (handle) => handle.result());
    for (const segment of [0, 1, 2, 3]) expect(job.count(`upscaleSegment ${segment}`)).toBeGreaterThanOrEqual(1);
  });
});

describe('a job that is paused', () => {
  it('ends its activities first, keeps what is done, and goes on when it is resumed', async () => {
    let held = true;
    const job = new FakeJob([10, 10], {
      encodeSegment: ({ segment }) => (segment === 1 && held ? untilCancelled() : Promise.resolve({ reused: 0 })),
    });
    await withWorker(job, inputFor(), async (handle) => {
      await reached(async () => (await handle.query(progressQuery)).checkedFrames === 10);
      await request(handle, pauseRequest, { reason: 'interrupted' });
      const paused = await handle.query(progressQuery);
      expect(paused.paused).toEqual({ reason: 'interrupted' });
      // One of two segments is encoded, and checked too: what the Web UI shows counts both.
      expect(await detailsOf(handle)).toContain('Stage: encode, 50 %');
      held = false;
      await request(handle, resumeRequest, {});
      await handle.result();
    });
    expect(job.count('encodeSegment 0')).toBe(1);
    expect(job.count('encodeSegment 1')).toBe(2);
    expect(job.count('probe')).toBe(1);
  });

  it('pauses itself when the disk is full, says so, and goes on when it is resumed', async () => {
    let full = true;
    const job = new FakeJob([10], {
      ...heldWork(() => full),
      encodeSegment: async () => {
        if (!full) return { reused: 0 };
        // The test server does not take the cancellation of an activity that has not begun.
        await reached(() => job.count('traceSource') === 1);
        throw failing('DiskFull', 'only 1 GB is free');
      },
    });
    await withWorker(job, inputFor(), async (handle) => {
      await reached(async () => (await handle.query(progressQuery)).paused !== undefined);
      expect((await handle.query(progressQuery)).paused?.reason).toContain('only 1 GB is free');
      full = false;
      await request(handle, resumeRequest, {});
      await handle.result();
    });
  });
});

describe('a job whose source cannot be trusted', () => {
  it('is conformed first when the probe says so', async () => {
    const job = new FakeJob([99], {
      probe: () => Promise.resolve({ frames: 100, seekable: false, reason: 'a program stream' }),
    });
    await withWorker(job, inputFor(), (handle) => handle.result());
    expect(job.calls.indexOf('conformSource')).toBeLessThan(job.calls.indexOf('planSegments'));
  });

  it('is conformed and planned anew when a segment does not decode to its frames', async () => {
    const job = new FakeJob([10, 10], {
      encodeSegment: async ({ from, segment }) => {
        if (from !== 'source' || segment !== 1) return { reused: 0 };
        await reached(() => job.count('checkSegment 0') === 1);
        throw failing('SegmentMismatch', '9 frames instead of 10');
      },
      checkSegment: ({ from }) => (from === 'source' ? untilCancelled() : Promise.resolve({ ok: true, problems: [] })),
    });
    // One at a time: the test server does not take the cancellation of an activity that has just completed.
    await withWorker(job, inputFor({ encodeSlots: 1 }), (handle) => handle.result());
    expect(job.count('conformSource')).toBe(1);
    expect(job.count('planSegments')).toBe(2);
  });
});

describe('a job that ends without a result', () => {
  it('is cancelled after its activities have ended, and discards its parts only when asked', async () => {
    for (const discard of [false, true]) {
      const job = new FakeJob([10], heldWork());
      await withWorker(job, inputFor(), async (handle) => {
        await reached(() => job.count('encodeSegment 0') === 1);
        await request(handle, cancelRequest, { discard });
        expect(await failureOf(handle.result())).toContain('cancelled');
      });
      expect(job.ended).toEqual([{ state: 'cancelled', discard }]);
      expect(job.count('publish')).toBe(0);
    }
  });

  it('ends in the same way when the workflow is cancelled from the Web UI', async () => {
    const job = new FakeJob([10], heldWork());
    await withWorker(job, inputFor(), async (handle) => {
      await reached(() => job.count('encodeSegment 0') === 1);
      await handle.cancel();
      await failureOf(handle.result());
    });
    expect(job.ended).toEqual([{ state: 'cancelled', discard: false }]);
  });

  it('is not published when it does not pass its checks', async () => {
    const job = new FakeJob([10], {
      verifyDeliverable: () => Promise.resolve({ ok: false, problems: ['frame 7 is black'] }),
    });
    expect(await withWorker(job, inputFor(), (handle) => failureOf(handle.result()))).toContain('frame 7 is black');
    expect(job.count('publish')).toBe(0);
    expect(job.ended).toEqual([{ state: 'failed', discard: false }]);
  });

  it('fails at once for what the user has to mend, and says it', async () => {
    const job = new FakeJob([10], {
      probe: () => {
        throw failing('UserError', 'the source has changed');
      },
    });
    expect(await withWorker(job, inputFor(), (handle) => failureOf(handle.result()))).toContain(
      'the source has changed',
    );
    expect(job.count('probe')).toBe(1);
  });
});
