import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import fc from 'fast-check';
import { expect, it } from 'vitest';
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
  settledQuery,
} from '../../src/workflows/messages.js';
import { FakeBatch } from '../support/fakeBatch.js';
import { FakeJob } from '../support/fakeJob.js';
import { openServer } from '../support/openServer.js';
import { type Happening, Played } from '../support/played.js';
import { workflowBundle } from '../support/temporal.js';

/**
 * What people say to a batch, and what becomes of the activities of its jobs. A full disk pauses a job for itself:
 * that is another thing.
 */
const WORDS = ['pause', 'resume', 'cancel', 'discard', 'fromOutside'] as const;
type Word = (typeof WORDS)[number];
type Step = Word | Exclude<Happening, 'diskFull'>;
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Step>('pause', 'resume') },
  { weight: 5, arbitrary: fc.constantFrom<Step>('commit', 'die', 'shutDown') },
  { weight: 1, arbitrary: fc.constantFrom<Step>('cancel', 'discard', 'fromOutside') },
);

const VIDEOS = 5;
const server = await openServer();
let counter = 0;
type Handle = WorkflowHandle<typeof upscaleBatch>;

function say(handle: Handle, word: Word): Promise<unknown> {
  switch (word) {
    case 'pause':
      return handle.signal(pauseRequest, { reason: 'by the user' });
    case 'resume':
      return handle.signal(resumeRequest, {});
    case 'cancel':
      return handle.signal(cancelRequest, { discard: false });
    case 'discard':
      return handle.signal(cancelRequest, { discard: true });
    case 'fromOutside':
      return handle.cancel();
  }
}

const isWord = (step: Step): step is Word => (WORDS as readonly Step[]).includes(step);
const isCancel = (step: Step): boolean => isWord(step) && step !== 'pause' && step !== 'resume';

/** A worker of its own, since the activities of a fake batch are. */
async function play(steps: Step[]): Promise<{ steps: Step[]; end: string; jobs: string[]; ended: string[] }> {
  const queue = `words${++counter}`;
  const played = new Played();
  const input: UpscaleBatchInput = {
    batchKey: queue,
    name: 'videos',
    controlQueue: queue,
    heartbeatSeconds: 30,
    parallel: 2,
    pageVideos: 3,
    searchAttributes: false,
    priority: 4,
    tell: false,
  };
  const job = (index: number): UpscaleVideoInput => ({
    jobKey: `${queue}-${index}`,
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
  const batch = new FakeBatch(VIDEOS, job);
  const fake = new FakeJob([5, 5], { encodeSegment: played.encodeSegment });
  const worker = await Worker.create({
    connection: server.native,
    taskQueue: queue,
    workflowBundle,
    activities: { ...batch.watching(fake.activities), ...batch.activities },
    maxHeartbeatThrottleInterval: '20 milliseconds',
    defaultHeartbeatThrottleInterval: '20 milliseconds',
  });
  return worker.runUntil(async () => {
    await server.client.workflow.start('upscaleBatch', { workflowId: queue, taskQueue: queue, args: [input] });
    const handle = server.client.workflow.getHandle<typeof upscaleBatch>(queue);
    for (const each of steps) {
      if (!isWord(each)) played.happen(each);
      // It may have ended: then it does not hear.
      else await say(handle, each).catch(() => undefined);
    }
    played.release();
    const end = await atRest(handle);
    const running = end === 'paused' ? (await handle.query(batchQuery)).running : [];
    const jobs = await Promise.all(
      running.map(async ({ jobKey }) => ((await jobAtRest(jobKey)) ? 'paused' : 'at work')),
    );
    return { steps, end, jobs, ended: fake.ended.map(({ state }) => state) };
  });
}

async function atRest(handle: Handle): Promise<string> {
  for (;;) {
    const { status } = await handle.describe();
    if (status.name !== 'RUNNING')
      return handle.result().then(
        ({ done }) => `${done} done`,
        (error: WorkflowFailedError) => (error.cause as Error).message,
      );
    if ((await handle.query(batchQuery)).paused) return 'paused';
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What its batch has told it may be on its way. */
async function jobAtRest(jobKey: string): Promise<boolean> {
  const handle = server.client.workflow.getHandle<typeof upscaleVideo>(workflowIdOf(jobKey));
  for (let look = 0; look < 100; look++) {
    if ((await handle.describe()).status.name !== 'RUNNING') return true;
    if ((await handle.query(settledQuery)) && (await handle.query(progressQuery)).paused) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

function allowed(steps: Step[]): string {
  if (steps.some(isCancel)) return 'the batch was cancelled';
  return steps.findLast((each) => each === 'pause' || each === 'resume') === 'pause' ? 'paused' : `${VIDEOS} done`;
}

it('any order of pauses, resumes, cancels and deaths ends a batch and its jobs in what was said last', async () => {
  const known: Step[][] = [
    ['pause', 'resume', 'commit'],
    ['resume', 'pause', 'die'],
    ['pause', 'commit', 'fromOutside'],
    ['commit', 'pause', 'resume', 'cancel'],
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 2, maxLength: 8 }), { minLength: 4, maxLength: 4 }),
      async (batches) => {
        for (const { steps, end, jobs, ended } of await Promise.all(batches.map(play))) {
          expect(end, steps.join(' ')).toBe(allowed(steps));
          expect(
            jobs.every((how) => how === 'paused'),
            `${steps.join(' ')}: ${jobs.join(' ')}`,
          ).toBe(true);
          expect(
            ended.every((state) => state === 'cancelled') && (ended.length === 0 || steps.some(isCancel)),
            steps.join(' '),
          ).toBe(true);
        }
      },
    ),
    { numRuns: 3, endOnFailure: true, examples: [[known]] },
  );
  expect(counter).toBeGreaterThan(known.length);
});
