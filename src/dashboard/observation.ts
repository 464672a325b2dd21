import { type Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { type JobHandle, workflowIdOf } from '../client/connection/connect.js';
import { ignoreGone } from '../client/connection/gone.js';
import { heartbeatOf, type LiveProgress, merge } from '../client/job/live.js';
import type { Progress } from '../job/contracts.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import { stageKey } from '../workflows/attributes.js';
import { progressQuery } from '../workflows/messages.js';
import type { DurableFrames } from './durableFrames.js';
import type { Segment } from './schemas/jobs.js';

/** Longest wait for the control worker's answer: while it is away, what it said last stands. */
const QUERY_MS = 3000;

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;

/** What is known of a job at work. */
export interface Observation {
  at: number;
  running: boolean;
  runId: string;
  /** Events in its history. */
  events: number;
  /** As the workflow said it last. */
  progress: Progress | undefined;
  live: LiveProgress | undefined;
  segments: Segment[];
  devices: string[];
  pending: PendingActivity[];
}

/**
 * Looks at one workflow. @param known what was found out before. @returns undefined when the server does not know it.
 * @throws when the server does not answer.
 */
export async function observe(
  client: Client,
  jobKey: string,
  { observation: before, durable }: { observation: Observation | undefined; durable: DurableFrames | undefined },
): Promise<Observation | undefined> {
  const handle: JobHandle = client.workflow.getHandle(workflowIdOf(jobKey));
  const asked = client.withDeadline(Date.now() + QUERY_MS, () => handle.query(progressQuery)).catch(ignoreKnown);
  const described = await handle.describe().catch(ignoreGone);
  const answer = await asked;
  if (!described) return undefined;
  const pending = described.raw.pendingActivities ?? [];
  const progress = answer ?? (before?.runId === described.runId ? before.progress : undefined);
  return {
    at: Date.now(),
    running: described.status.name === 'RUNNING',
    runId: described.runId,
    events: described.historyLength,
    progress,
    live: progress && merge(progress, pending),
    segments: progress ? segmentsOf(progress, pending, durable) : [],
    devices: devicesOf(pending),
    pending,
  };
}

function segmentsOf(
  { segments }: Progress,
  pending: PendingActivity[],
  durable: DurableFrames | undefined,
): Segment[] {
  const working = new Map(
    pending.flatMap((activity) => {
      const { segment, frame, durableFrame, fps } = heartbeatOf(activity);
      return segment === undefined
        ? []
        : [
            [
              segment,
              {
                frame: Math.max(frame, durableFrame),
                fps,
                attempt: activity.attempt ?? 1,
                device: deviceOf(activity),
              },
            ] as const,
          ];
    }),
  );
  return segments.map(({ frames, state: said }, index) => {
    const work = working.get(index);
    // The workflow hands out more segments than there are devices: one that no worker has heard of waits.
    const state = said === 'upscaling' && !work ? 'waiting' : said;
    const atWork = state === 'upscaling' || state === 'encoding';
    return {
      frames,
      state,
      done: atWork
        ? Math.min(1, (work?.frame ?? 0) / frames)
        : state === 'waiting'
          ? (durable?.segments[index]?.done ?? 0) / frames
          : 1,
      ...(atWork && work?.device !== undefined && { device: work.device }),
      ...(atWork && work?.fps !== undefined && { fps: work.fps }),
      ...(work && work.attempt > 1 && { attempt: work.attempt }),
    };
  });
}

/** Workflows of jobs that run, with the stage that the server knows of each. One request for a thousand of them. */
export async function listRunning(client: Client): Promise<Map<string, string | undefined>> {
  const running = new Map<string, string | undefined>();
  for await (const found of client.workflow.list({
    query: "WorkflowType = 'upscaleVideo' AND ExecutionStatus = 'Running'",
    pageSize: 1000,
  })) {
    running.set(found.workflowId, found.typedSearchAttributes.get(stageKey));
  }
  return running;
}

/** PENDING_ACTIVITY_STATE_STARTED */
const STARTED = 2;

const devicesOf = (pending: PendingActivity[]): string[] =>
  [
    ...new Set(
      pending
        .filter(({ state }) => Number(state) === STARTED)
        .map(deviceOf)
        .filter((name) => name !== undefined),
    ),
  ].sort();

/**
 * The tag of the queue that an upscale came from, with the host that works on it; other work is named by its queue.
 */
function deviceOf({ activityOptions, lastWorkerIdentity }: PendingActivity): string | undefined {
  const queue = activityOptions?.taskQueue?.name ?? '';
  const name = /\.upscale\.(.+)$/.exec(queue)?.[1] ?? /\.(control|encode)$/.exec(queue)?.[1];
  const host = /^\d+@([\w.-]+)$/.exec(lastWorkerIdentity ?? '')?.[1];
  return name && `${name}${host === undefined ? '' : ` on ${host}`}`;
}
