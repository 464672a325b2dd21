import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { UpscaleVideoInput } from '../../src/job/contracts.js';
import {
  cancelRequest,
  cancelSignal,
  pauseRequest,
  pauseSignal,
  progressQuery,
  resumeRequest,
  resumeSignal,
  settledQuery,
} from '../../src/workflows/messages.js';
import type { upscaleVideo } from '../../src/workflows/upscaleVideo.js';
import { FakeJob } from '../support/fakeJob.js';
import { openServer } from '../support/openServer.js';
import { HAPPENINGS, type Happening, Played } from '../support/played.js';
import { workflowBundle } from '../support/temporal.js';

type Handle = WorkflowHandle<typeof upscaleVideo>;

/** What people and batches say to a job. */
type Word =
  | 'pause'
  | 'resume'
  | 'pauseSignal'
  | 'resumeSignal'
  | 'cancel'
  | 'cancelSignal'
  | 'discard'
  | 'fromOutside';
type Step = Word | Happening;
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Step>('pause', 'resume', 'pauseSignal', 'resumeSignal') },
  { weight: 6, arbitrary: fc.constantFrom<Step>(...HAPPENINGS) },
  { weight: 1, arbitrary: fc.constantFrom<Step>('cancel', 'cancelSignal', 'discard', 'fromOutside') },
);

const server = await openServer();
let counter = 0;

const isHappening = (step: Step): step is Happening => (HAPPENINGS as readonly Step[]).includes(step);

async function say(handle: Handle, word: Word): Promise<void> {
  switch (word) {
    case 'pause':
      return handle.signal(pauseRequest, { reason: 'by the user' });
    case 'resume':
      return handle.signal(resumeRequest, {});
    case 'pauseSignal':
      return handle.signal(pauseSignal, { reason: 'its batch is paused' });
    case 'resumeSignal':
      return handle.signal(resumeSignal, {});
    case 'cancel':
      return handle.signal(cancelRequest, { discard: false });
    case 'discard':
      return handle.signal(cancelRequest, { discard: true });
    case 'cancelSignal':
      return handle.signal(cancelSignal, { discard: false });
    case 'fromOutside':
      await handle.cancel();
  }
}

const QUEUE = 'words';
const played = new Map<string, Played>();
const job = new FakeJob(
  Array.from({ length: 9 }, () => 10),
  {
    encodeSegment: ({ jobKey }) => (played.get(jobKey) as Played).encodeSegment(),
    recordEnd: ({ jobKey, state }) => {
      played.get(jobKey)?.recorded.push(state);
      return Promise.resolve();
    },
  },
);

/** Says and does all of it, lets the job come to rest, and returns where that is. */
async function play(steps: Step[]): Promise<{ steps: Step[]; end: string; recorded: string[] }> {
  const jobKey = `words${++counter}`;
  const one = new Played();
  played.set(jobKey, one);
  const input: UpscaleVideoInput = {
    jobKey,
    upscaleKey: 'up',
    inputName: 'a.mp4',
    methodName: 'bicubic x2',
    method: 'filter',
    queues: { control: QUEUE, encode: QUEUE, upscale: [] },
    devices: 1,
    encodeSlots: 1,
    heartbeatSeconds: 30,
    keepMezzanine: false,
    searchAttributes: false,
  };
  await server.client.workflow.start('upscaleVideo', { workflowId: jobKey, taskQueue: QUEUE, args: [input] });
  const handle: Handle = server.client.workflow.getHandle<typeof upscaleVideo>(jobKey);
  for (const each of steps) {
    if (isHappening(each)) one.happen(each);
    // It may have ended, or end: then it does not hear.
    else await say(handle, each).catch(() => undefined);
  }
  one.release();
  const end =
    (await untilPaused(handle)) ??
    (await handle.result().then(
      () => 'done',
      (error: WorkflowFailedError) => (error.cause as Error).message,
    ));
  return { steps, end, recorded: one.recorded };
}

/** @returns undefined when the job has ended. */
async function untilPaused(handle: Handle): Promise<string | undefined> {
  while ((await handle.describe()).status.name === 'RUNNING') {
    if ((await handle.query(settledQuery)) && (await handle.query(progressQuery)).paused) return 'paused';
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return undefined;
}

/** Where a job may come to rest. A disk that was full may have paused it behind the last word. */
function allowed(steps: Step[]): string[] {
  if (steps.some((each) => ['cancel', 'cancelSignal', 'discard', 'fromOutside'].includes(each)))
    return ['the job was cancelled'];
  const last = steps.findLast((each) => each.startsWith('pause') || each.startsWith('resume'));
  if (last?.startsWith('pause')) return ['paused'];
  return steps.includes('diskFull') ? ['done', 'paused'] : ['done'];
}

it('any order of pauses, resumes, cancels and deaths ends in what was said last', async () => {
  const known: Step[][] = [
    ['pause', 'resume', 'commit'],
    ['pause', 'resume', 'die'],
    ['pause', 'shutDown'],
    ['pauseSignal', 'resume', 'pause', 'resumeSignal', 'diskFull'],
    ['pause', 'fromOutside'],
    ['resume', 'pause', 'resume', 'pause'],
  ];
  const worker = await Worker.create({
    connection: server.native,
    taskQueue: QUEUE,
    workflowBundle,
    activities: { ...job.activities },
    maxHeartbeatThrottleInterval: '20 milliseconds',
    defaultHeartbeatThrottleInterval: '20 milliseconds',
  });
  // Several jobs at a time; a failure names the seed.
  await worker.runUntil(
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 2, maxLength: 8 }), { minLength: 6, maxLength: 6 }),
        async (jobs) => {
          for (const { steps, end, recorded } of await Promise.all(jobs.map(play))) {
            expect(allowed(steps), steps.join(' ')).toContain(end);
            expect(
              recorded.every((state) => state === 'cancelled'),
              steps.join(' '),
            ).toBe(true);
            expect(recorded.length > 0, steps.join(' ')).toBe(end === 'the job was cancelled');
          }
        },
      ),
      { numRuns: 4, endOnFailure: true, examples: [[known]] },
    ),
  );
  expect(counter).toBeGreaterThan(known.length);
});
