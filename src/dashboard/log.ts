import type { temporal } from '@temporalio/proto';
import { z } from 'zod';
import { heartbeatOf } from '../client/job/live.js';
import { payloadOf, timeOf } from './history.js';
import type { LogEntry } from './schemas/jobs.js';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
type Failure = temporal.api.failure.v1.IFailure;

/** What people are told when an activity of the whole job begins. */
const STAGES: Record<string, string> = {
  probe: 'reading the source',
  conformSource: 'making a straight copy of the source',
  planSegments: 'cutting it into segments',
  concatSegments: 'joining the segments',
  mergeAudio: 'adding sound, subtitles and chapters',
  verifyDeliverable: 'checking the result against the source',
  publish: 'publishing the result',
};

const segmentSchema = z.object({ segment: z.number().int() });
const reasonSchema = z.object({ reason: z.string() });

/**
 * @returns a history in plain words, oldest first: stages, pauses, retries and ends. What went as it should has one
 * line for each stage.
 */
export function logOf(events: readonly HistoryEvent[]): LogEntry[] {
  const entries: LogEntry[] = [];
  const scheduled = new Map<string, { name: string; segment: number | undefined }>();
  let paused = false;
  let segmentsBegun = false;
  const say = (event: HistoryEvent, kind: LogEntry['kind'], text: string): void => {
    entries.push({ at: timeOf(event), kind, text });
  };
  const work = (id: unknown): string => whatOf(scheduled.get(String(id)));

  for (const event of events) {
    if (event.workflowExecutionStartedEventAttributes) say(event, 'start', 'the job started');
    const activity = event.activityTaskScheduledEventAttributes;
    if (activity) {
      const name = activity.activityType?.name ?? '';
      const segment = segmentSchema.safeParse(payloadOf(activity.input)).data?.segment;
      scheduled.set(String(event.eventId), { name, segment });
      if (STAGES[name] !== undefined) say(event, 'stage', STAGES[name]);
      if (!segmentsBegun && segment !== undefined) {
        segmentsBegun = true;
        say(event, 'stage', 'working on the segments');
      }
    }
    const started = event.activityTaskStartedEventAttributes;
    if (started?.lastFailure && (started.attempt ?? 1) > 1)
      say(
        event,
        'retry',
        `${work(started.scheduledEventId)}: attempt ${started.attempt ?? 2}, since ${inWords(started.lastFailure)}`,
      );
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    if (failed?.failure) say(event, 'problem', `${work(failed.scheduledEventId)}: ${inWords(failed.failure)}`);
    const said = saidIn(event);
    if (said?.what === 'pause') {
      paused = true;
      say(event, 'pause', `paused: ${reasonSchema.safeParse(payloadOf(said.args)).data?.reason ?? 'no reason given'}`);
    }
    if (said?.what === 'resume' && paused) {
      paused = false;
      say(event, 'resume', 'resumed');
    }
    if (said?.what === 'cancel') say(event, 'stage', 'cancelling');
    if (event.workflowExecutionCompletedEventAttributes) say(event, 'end', 'done');
    if (event.workflowExecutionFailedEventAttributes)
      say(event, 'end', `ended: ${innermost(event.workflowExecutionFailedEventAttributes.failure)}`);
    if (event.workflowExecutionTerminatedEventAttributes) say(event, 'end', 'terminated on the server');
  }
  return entries;
}

/**
 * What people (`pause`) and batches (`pauseJob`) have said to a job: by signals, in histories of the first release by
 * updates.
 */
function saidIn({
  workflowExecutionSignaledEventAttributes: signal,
  workflowExecutionUpdateAcceptedEventAttributes: update,
}: HistoryEvent) {
  const name = signal?.signalName ?? update?.acceptedRequest?.input?.name;
  return name
    ? { what: name.replace(/Job$/, ''), args: signal?.input ?? update?.acceptedRequest?.input?.args }
    : undefined;
}

/** The retries that are under way, which no history holds yet. */
export function pendingRetries(pending: readonly temporal.api.workflow.v1.IPendingActivityInfo[]): LogEntry[] {
  return pending
    .filter(({ attempt, lastFailure }) => (attempt ?? 1) > 1 && lastFailure)
    .map((activity) => {
      // Between two attempts the server says when the next one is due.
      const time = isDue(activity) ? activity.scheduledTime : (activity.lastStartedTime ?? activity.scheduledTime);
      return {
        ...(time && { at: new Date(Number(time.seconds ?? 0) * 1000).toISOString() }),
        kind: 'retry',
        text:
          `${whatOf({ name: activity.activityType?.name ?? '', segment: heartbeatOf(activity).segment })}: ` +
          `attempt ${activity.attempt ?? 2}${isDue(activity) ? ' is due' : ''}, ` +
          `since ${inWords(activity.lastFailure as Failure)}`,
      };
    });
}

const isDue = ({ scheduledTime }: temporal.api.workflow.v1.IPendingActivityInfo): boolean =>
  Number(scheduledTime?.seconds ?? 0) * 1000 > Date.now();

function whatOf(known: { name: string; segment: number | undefined } | undefined): string {
  if (!known) return 'work';
  if (known.segment === undefined) return activityName(known.name);
  const stage = ['upscale', 'encode', 'check'].find((name) => known.name.startsWith(name)) ?? activityName(known.name);
  return `segment ${known.segment + 1}, ${stage}`;
}

const activityName = (name: string): string =>
  STAGES[name] ??
  {
    upscaleSegment: 'upscaling a segment',
    encodeSegment: 'encoding a segment',
    checkSegment: 'checking a segment',
    traceSource: 'reading the source straight',
    deleteMezzanine: 'removing upscaled frames',
  }[name] ??
  name;

/** TIMEOUT_TYPE_HEARTBEAT and TIMEOUT_TYPE_SCHEDULE_TO_START */
const HEARTBEAT = 4;
const NOT_TAKEN = 2;

function inWords(failure: Failure): string {
  const timeout = Number(failure.timeoutFailureInfo?.timeoutType ?? 0);
  if (timeout === HEARTBEAT) return 'its worker was not heard of any more';
  if (timeout === NOT_TAKEN) return 'no worker took it';
  if (failure.applicationFailureInfo?.type === 'Shutdown') return 'its worker was stopped';
  return innermost(failure);
}

function innermost(failure: Failure | null | undefined): string {
  let inner = failure;
  while (inner?.cause && !inner.applicationFailureInfo) inner = inner.cause;
  return inner?.message ?? 'an unknown failure';
}
