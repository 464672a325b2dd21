import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  type SignalDefinition,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import type { BatchActivities, RunningVideo, UpscaleBatchInput, VideoEnd } from '../job/batch/contracts.js';
import type { UpscaleVideoInput } from '../job/contracts.js';
import { workflowIdOf } from '../job/workflowIds.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import type { BatchState } from './batchState.js';
import { cancelSignal, pauseSignal, resumeSignal } from './messages.js';
import { messageOf } from './segments.js';
import type { upscaleVideo } from './upscaleVideo.js';

/** Seconds between two looks at a job that this run did not start: the first, and the longest. */
const POLL = { first: 1, longest: 60 };
const BY_USER = 'by the user';
const HOURS_OVER = 'until the next round';
const BATCH_PAUSED = 'its batch is paused';

export interface Round {
  input: UpscaleBatchInput;
  state: BatchState;
  control: BatchActivities;
  /** Why the round cannot go on: what its own activities threw. */
  failures: unknown[];
  /** What each job at work was told last, once it has arrived. */
  told: Map<string, Promise<void>>;
}

/** Says something to a job that may have ended meanwhile, or that the server has lost. */
async function tellJob<A extends unknown[]>(jobKey: string, signal: SignalDefinition<A>, ...args: A): Promise<void> {
  await getExternalWorkflowHandle(workflowIdOf(jobKey))
    .signal(signal, ...args)
    .catch((error: unknown) => {
      if (isCancellation(error)) throw error;
    });
}

/**
 * Tells a job what its batch was told last. One message at a time: of two that are under way at once the later one may
 * arrive first.
 */
export function tellLastWord({ state, told }: Round, jobKey: string): Promise<void> {
  const say = (): Promise<void> => {
    if (state.stopping === 'cancelled') return tellJob(jobKey, cancelSignal, { discard: state.discard });
    // The next round goes on with it.
    if (state.stopping === 'hours') return tellJob(jobKey, pauseSignal, { reason: HOURS_OVER });
    return state.paused ? tellJob(jobKey, pauseSignal, { reason: BATCH_PAUSED }) : tellJob(jobKey, resumeSignal, {});
  };
  const before = told.get(jobKey);
  // Who said the word before has heard what became of it.
  const now = before ? before.catch(ignoreKnown).then(say) : say();
  told.set(jobKey, now);
  return now;
}

/** Takes one video from its place in the list to its recorded end. */
export async function makeVideo(round: Round, index: number): Promise<void> {
  const { input, state, control } = round;
  const ref = { batchKey: input.batchKey, round: state.round };
  const prepared = await busy(state, () =>
    control.prepareVideo({ ...ref, index, searchAttributes: input.searchAttributes }),
  );
  if (prepared.kind === 'ended') {
    state.count(prepared.status, prepared, 0, prepared.error);
    return;
  }
  await condition(() => state.paused === undefined || state.stopping !== undefined);
  if (state.stopping) return;
  const { job, bytes } = prepared;
  const video: RunningVideo = { index, jobKey: job.jobKey, input: job.inputName, bytes };
  const ended = await busy(state, () => start(round, job));
  state.running.push(video);
  // What the batch was told while the job was being started, the job is told now.
  if (state.stopping === 'cancelled' || state.paused) await tellLastWord(round, job.jobKey);
  await followVideo(round, video, ended);
}

/** Waits for a job and records how it ended. @param ended of a job that this run started. */
export async function followVideo(round: Round, video: RunningVideo, ended?: () => boolean): Promise<void> {
  const { input, state, control } = round;
  const leave = (): boolean => state.stopping === 'hours';
  if (ended) await condition(() => ended() || leave());
  else await pollUntilEnded(round, video.jobKey, leave);
  const unfinished = leave();
  if (unfinished) await tellLastWord(round, video.jobKey);
  // Also when the batch is cancelled: what has ended is written down.
  // One that cannot be written down ends too: others wait for its place.
  const end = await busy(state, () =>
    CancellationScope.nonCancellable(() =>
      control
        .recordVideo({
          batchKey: input.batchKey,
          round: state.round,
          index: video.index,
          jobKey: video.jobKey,
          ...(unfinished && { unfinished }),
        })
        .catch(
          (error: unknown): VideoEnd => ({ status: 'failed', input: video.input, frames: 0, error: messageOf(error) }),
        ),
    ),
  );
  round.told.delete(video.jobKey);
  state.running = state.running.filter((other) => other !== video);
  state.count(end.status, video, end.frames, end.error);
}

/**
 * Starts a job's workflow. @returns whether it has ended; undefined where another command or round had started it: it
 * goes on then.
 */
async function start({ input, state }: Round, job: UpscaleVideoInput): Promise<(() => boolean) | undefined> {
  try {
    const child = await startChild<typeof upscaleVideo>('upscaleVideo', {
      workflowId: workflowIdOf(job.jobKey),
      taskQueue: job.queues.control,
      args: [job],
      // Jobs are their own masters: they outlive a batch that is paused when its hours are over, or continues as a new
      // run.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      priority: { priorityKey: job.priority ?? input.priority },
      staticSummary: `${job.inputName}, ${job.methodName}`,
    });
    let over = false;
    // How it ended is read from the disk, the same for all jobs.
    const end = (): void => {
      over = true;
    };
    child.result().then(end, end);
    return () => over;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // A schedule leaves alone what a person has paused.
    if (!state.paused)
      await tellJob(job.jobKey, resumeSignal, input.settleSeconds === undefined ? {} : { unless: BY_USER });
    return undefined;
  }
}

async function pollUntilEnded({ control }: Round, jobKey: string, leave: () => boolean): Promise<void> {
  for (let seconds = POLL.first; !leave(); seconds = Math.min(POLL.longest, seconds * 1.5)) {
    if ((await CancellationScope.nonCancellable(() => control.lookAtJob({ jobKey }))).ended) return;
    await condition(leave, seconds * 1000);
  }
}

/** An activity is under way: the run may not continue as a new one until it has ended. */
async function busy<T>(state: BatchState, work: () => Promise<T>): Promise<T> {
  state.busy++;
  try {
    return await work();
  } finally {
    state.busy--;
  }
}
