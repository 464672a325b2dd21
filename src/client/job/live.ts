import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { Progress } from '../../job/contracts.js';
import { type Heartbeat, heartbeatSchema } from '../../job/heartbeat.js';
import { type FrameStage, isThrough, type JobKind, mainStage, type PerStage, shareDone } from '../../job/jobShare.js';
import { progressQuery } from '../../workflows/messages.js';
import type { JobHandle } from '../connection/connect.js';

/** The workflow's own view merged with the heartbeats of its running activities: frames that no history holds. */
export interface LiveProgress extends Progress {
  kind: JobKind;
  /** Frames that each stage has done, those in the making included. */
  done: PerStage;
  /** Activities of each stage that are at work. */
  atWork: PerStage;
  /** Of all stages' work, 0 to 1. */
  share: number;
  /** Frames that are done in the stage that makes the pictures: upscale for a model, encode for a filter. */
  doneFrames: number;
  /** Sum of what the running activities of that stage say, frames a second. */
  fps: number;
  /** What holds the job up, in plain words. */
  waiting?: string;
}

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;
/** PENDING_ACTIVITY_STATE_STARTED */
const STARTED = 2;

export async function liveProgress(handle: JobHandle): Promise<LiveProgress> {
  const [progress, { raw }] = await Promise.all([handle.query(progressQuery), handle.describe()]);
  return merge(progress, raw.pendingActivities ?? []);
}

export function merge(progress: Progress, pending: PendingActivity[]): LiveProgress {
  const { frames, stage, checkedFrames } = progress;
  const kind = kindOf(progress);
  const checked = checkedFrames === undefined ? 'verifyDeliverable' : 'checkSegment';
  const of = (name: FrameStage): PendingActivity[] =>
    pending.filter(({ activityType }) => activityType?.name === (name === 'check' ? checked : ACTIVITIES[name]));
  const doneIn = (name: FrameStage, before: number): number =>
    of(name)
      .map(heartbeatOf)
      .reduce((sum, { frame, durableFrame }) => Math.min(frames, sum + Math.max(frame, durableFrame)), before);
  const atWorkIn = (name: FrameStage): number => of(name).filter(({ state }) => Number(state) === STARTED).length;
  const done: PerStage = {
    upscale: doneIn('upscale', kind === 'model' ? progress.upscaledFrames : frames),
    encode: doneIn('encode', progress.encodedFrames),
    check: doneIn('check', checkedFrames ?? (isThrough(stage) ? frames : 0)),
  };
  const main = mainStage(kind);
  const running = of(main).map(heartbeatOf);
  const waiting = waitingFor(pending);
  return {
    ...progress,
    kind,
    done,
    atWork: { upscale: atWorkIn('upscale'), encode: atWorkIn('encode'), check: atWorkIn('check') },
    share: shareDone(kind, progress, done),
    notices: [...progress.notices, ...running.flatMap(({ notice }) => notice ?? [])],
    doneFrames: done[main],
    fps: running.reduce((sum, { fps }) => sum + (fps ?? 0), 0),
    ...(waiting !== undefined && { waiting }),
  };
}

/** The activities of the stages that see every frame; older workflows check all frames at the end. */
const ACTIVITIES: Record<Exclude<FrameStage, 'check'>, string> = {
  upscale: 'upscaleSegment',
  encode: 'encodeSegment',
};

/** Older workflows do not say what they work with; their segments do, for as long as they are at work. */
const kindOf = ({ method, segments, stage }: Progress): JobKind =>
  method ??
  (stage === 'upscale' || segments.some(({ state }) => state === 'upscaling' || state === 'upscaled')
    ? 'model'
    : 'filter');

export function heartbeatOf({ heartbeatDetails }: PendingActivity): Heartbeat {
  const payload = heartbeatDetails?.payloads?.[0];
  const parsed = heartbeatSchema.safeParse(payload ? defaultPayloadConverter.fromPayload(payload) : {});
  return parsed.success ? parsed.data : { durableFrame: 0, frame: 0 };
}

/**
 * What fails again and again, also while other work goes on; else the queue that nobody serves, unless anything works.
 */
function waitingFor(pending: PendingActivity[]): string | undefined {
  const failing = pending.map(failureOf).find((text) => text !== undefined);
  if (failing !== undefined) return failing;
  if (
    pending.length === 0 ||
    pending.some(({ state, scheduledTime }) => Number(state) === STARTED || isRecent(scheduledTime))
  )
    return undefined;
  const queue = pending[0]?.activityOptions?.taskQueue?.name ?? '';
  const tag = /\.upscale\.(.+)$/.exec(queue)?.[1];
  return tag ? `waiting for a worker with tag ${tag}` : 'waiting for a worker';
}

/**
 * The reason of a retry that is waited for, with its time; or of one at work where those before it made nothing
 * durable.
 */
function failureOf(activity: PendingActivity): string | undefined {
  const { attempt, lastFailure, state, scheduledTime } = activity;
  if ((attempt ?? 1) < 2 || !lastFailure?.message || lastFailure.applicationFailureInfo?.type === 'Shutdown')
    return undefined;
  if (Number(state) === STARTED) {
    return (heartbeatOf(activity).stalled ?? 0) > 0
      ? `attempt ${attempt ?? 2} is at work after: ${reasonLine(lastFailure.message)}`
      : undefined;
  }
  // Between two attempts the server says when the next one is due.
  const due = scheduledTime ? new Date(Number(scheduledTime.seconds ?? 0) * 1000) : undefined;
  const when = due && due.getTime() > Date.now() ? ` at ${due.toTimeString().slice(0, 8)}` : '';
  return `attempt ${attempt ?? 2}${when} after: ${reasonLine(lastFailure.message)}`;
}

/** Of all that ffmpeg said, what it said last. */
const reasonLine = (message: string): string => message.trim().split('\n').at(-1) ?? message;

/** Between two activities each of them waits for a moment; that is not worth a word. */
const MOMENT_MS = 3000;
const isRecent = (time: PendingActivity['scheduledTime']): boolean => {
  const age = time ? Date.now() - Number(time.seconds) * 1000 : Infinity;
  return age >= -1000 && age < MOMENT_MS;
};
