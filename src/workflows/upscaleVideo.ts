import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  ContinueAsNew,
  condition,
  isCancellation,
  patched,
} from '@temporalio/workflow';
import type { JobRef, JobReport, PlannedRef, UpscaleVideoInput } from '../job/contracts.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import { SegmentChecks } from './checks.js';
import { goOnAsNewRun, isLong, watchLength } from './longHistory.js';
import { notify } from './notify.js';
import { Pass } from './pass.js';
import { failureType, messageOf, runSegments } from './segments.js';
import { type Activities, bindActivities } from './stages.js';
import { JobState } from './state.js';
import { listenToJob } from './videoRequests.js';

/** Times that a whole pass may be repeated because parts were found damaged at the concat. */
const MAX_PASSES = 5;

/**
 * One video, from the source to a checked file. Every activity finds on the disk what was done before it, so this code
 * only decides what comes next; it holds no frame, no path and no clock. A job of many segments continues as a new run
 * before its history reaches the server's limit.
 */
export async function upscaleVideo(input: UpscaleVideoInput): Promise<JobReport> {
  const state = new JobState(input);
  const activities = bindActivities(input);
  const root = CancellationScope.current();
  listenToJob(state);
  try {
    const report = await untilDone(input, state, activities);
    state.closing = true;
    state.enter('done');
    // What comes from now on is too late: the file has its name.
    return await CancellationScope.nonCancellable(async () => {
      if (state.tell) await notify(input.queues.control, { kind: 'job', jobKey: input.jobKey });
      await condition(allHandlersFinished);
      return report;
    });
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    state.closing = true;
    const isCancelled = () => state.cancelling !== undefined || isCancellation(error) || root.consideredCancelled;
    const how = await CancellationScope.nonCancellable(() =>
      end(input, state, activities, isCancelled, messageOf(error)),
    );
    if (how === 'cancelled')
      throw ApplicationFailure.create({ type: 'JobCancelled', message: 'the job was cancelled', nonRetryable: true });
    throw error;
  }
}

/** Records how the job ended. A cancel, or a wish to discard, that comes meanwhile is recorded too. */
async function end(
  { queues, ...input }: UpscaleVideoInput,
  state: JobState,
  { control }: Activities,
  isCancelled: () => boolean,
  message: string,
): Promise<'failed' | 'cancelled'> {
  const outcome = () => ({ cancelled: isCancelled(), discard: state.cancelling?.discard ?? false });
  for (;;) {
    const { cancelled, discard } = outcome();
    const how = cancelled ? 'cancelled' : 'failed';
    // Where its folder cannot be written either, which the worker's log says, the job still ends, and frees its place
    // in a batch.
    await control
      .recordEnd({
        jobKey: input.jobKey,
        upscaleKey: input.upscaleKey,
        state: how,
        message: cancelled ? 'cancelled' : message,
        discard,
      })
      .catch(ignoreKnown);
    const now = outcome();
    if ((now.cancelled !== cancelled || now.discard !== discard) && patched('the-last-word')) continue;
    state.enter(how);
    await condition(allHandlersFinished);
    if (how === 'failed' && state.tell) await notify(queues.control, { kind: 'job', jobKey: input.jobKey });
    return how;
  }
}

/** Runs the stages until they are through; a pause, a full disk or a damaged part only interrupts them. */
async function untilDone(input: UpscaleVideoInput, state: JobState, activities: Activities): Promise<JobReport> {
  for (;;) {
    const mayBegin = () => state.paused === undefined || state.cancelling !== undefined;
    // Something may be said between the moment when this is so and the one when this code goes on.
    do await condition(mayBegin);
    while (!mayBegin());
    if (!state.cancelling && isLong(state)) await goOnAsNewRun(input, state);
    if (state.cancelling) throw ApplicationFailure.nonRetryable('the job was cancelled', 'JobCancelled');
    const pass = new Pass();
    state.pass = pass;
    watchLength(state, pass);
    try {
      return await pass.run(() => stages(input, state, activities));
    } catch (error) {
      if (pass.endedBy(error)) continue;
      const type = failureType(error);
      if (type === 'DiskFull') {
        state.pause(messageOf(error));
      } else if (type === 'SegmentMismatch' && state.from === 'source') {
        state.notice(`${messageOf(error)}; the source is read in one straight pass instead`);
        state.from = 'conformed';
        state.segments = [];
      } else if (type === 'PartDamaged' && ++state.repeated < MAX_PASSES) {
        // Found at the concat: the next pass looks at every segment again and finds the whole ones on the disk.
        state.notice(messageOf(error));
        state.segments = state.segments.map(({ frames }) => ({ frames, state: 'waiting' }));
      } else {
        throw error;
      }
    }
  }
}

async function stages(
  input: UpscaleVideoInput,
  state: JobState,
  { control, encode, upscale }: Activities,
): Promise<JobReport> {
  const ref: JobRef = { jobKey: input.jobKey, upscaleKey: input.upscaleKey };
  if (input.accepted) {
    state.enter('publish');
    return control.publish({ ...ref, from: input.accepted.from, startedAt: state.startedAt, reusedFrames: 0 });
  }
  if (!state.scan) {
    state.enter('probe');
    state.scan = await control.probe(ref);
    if (!state.scan.seekable) {
      state.from = 'conformed';
      state.notice(
        `the source is read in one straight pass first: ${state.scan.reason ?? 'segments cannot seek in it'}`,
      );
    }
  }
  if (state.from === 'conformed' && !state.conformed) {
    state.enter('conform');
    const { decoded, promised, damaged } = await encode.conformSource(ref);
    if (damaged) state.notice(`the source is damaged: it promises ${promised} frames and ${decoded} can be decoded`);
    state.conformed = true;
  }
  const planned: PlannedRef = { ...ref, from: state.from };
  if (state.segments.length === 0) {
    state.enter('plan');
    const plan = await control.planSegments({ ...planned, devices: input.devices });
    state.segments = plan.segments.map((frames) => ({ frames, state: 'waiting' }));
    if (plan.backlog !== undefined) state.backlog = plan.backlog;
    state.follow = plan.follow;
    state.encodeSeconds = plan.encodeSeconds;
  }
  state.enter(input.method === 'model' ? 'upscale' : 'encode');
  const activities: Activities = { control, encode, upscale };
  const checks = patched('segments-are-checked') ? new SegmentChecks(input, state, activities) : undefined;
  state.checksAlong = checks !== undefined;
  await runSegments(input, state, activities, checks);
  state.enter('concat');
  await control.concatSegments(planned);
  state.enter('merge');
  const { warnings } = await control.mergeAudio(planned);
  warnings.forEach((warning) => {
    state.notice(warning);
  });
  state.enter('verify');
  const verified = await control.verifyDeliverable(planned);
  if (!verified.ok)
    throw ApplicationFailure.nonRetryable(
      `the result did not pass its checks: ${verified.problems.join('; ')}`,
      'NotVerified',
    );
  state.enter('publish');
  return control.publish({ ...planned, startedAt: state.startedAt, reusedFrames: state.reusedFrames });
}
