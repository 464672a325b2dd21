import { realpath, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleHandle,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSpec,
} from '@temporalio/client';
import { z } from 'zod';
import type { Config } from '../../../temporal.config.js';
import { batchLayout } from '../../job/batch/layout.js';
import { type BatchSpec, clockSchema, shortBatch } from '../../job/batch/spec.js';
import { storedBatches } from '../../job/batch/store.js';
import { resolveRooted } from '../../job/layout.js';
import { type Notice, recordNotice } from '../../job/notice.js';
import { controlQueue } from '../../job/queues.js';
import { batchWorkflowId } from '../../job/workflowIds.js';
import { UserError, WorldError } from '../../lib/errors.js';
import { ignoreUnreachable } from '../../lib/systemErrors.js';
import type { upscaleBatch } from '../../workflows/index.js';
import type { Session } from '../connection/connect.js';
import { parseOptions } from '../job/flags.js';
import { inRoot } from '../job/resolveJob.js';
import { runningBatch } from './batchRound.js';
import { specifyBatch } from './batchSpec.js';
import { batchInput, recordBatch } from './startBatch.js';

/** Rounds that were missed while no server ran are made up for, if they are not older than this: one night. */
const CATCH_UP = '24 hours';

const NAME = /^[A-Za-z0-9][\w-]{0,62}$/;

const scheduleFlagsSchema = z.object({
  cron: z
    .string()
    .regex(/^\S+(\s+\S+){4}$/, 'must have five fields: minute, hour, day, month, weekday')
    .optional(),
  every: z
    .string()
    .regex(/^[1-9]\d*(m|h|d)$/, 'must be a number of minutes, hours or days, as in 30m')
    .optional(),
  watch: z.string().min(1, 'must name a folder'),
  until: clockSchema.optional(),
});

export interface ScheduleView {
  name: string;
  /** Of its batch, which `status`, `pause`, `wait` and the like take. */
  batch: string;
  watch: string;
  outDir: string;
  /** Cron expression, or `every 30m`. */
  when: string;
  timezone: string;
  until?: string;
  paused: boolean;
  /** Why it is paused, in the words of whoever did it. */
  note?: string;
  /** The next times it fires, ISO 8601; none while it is paused. */
  next: string[];
  /** When it last began a round. */
  last?: string;
  /** A round is at work, or its jobs are paused. */
  running: boolean;
  /** Times it fired while a round was still at work, which begin nothing. */
  skippedOverlaps: number;
}

const scheduleId = (config: Config, name: string): string => `${config.queuePrefix}.schedule.${name}`;
const handleOf = (config: Config, client: Client, name: string): ScheduleHandle =>
  client.schedule.getHandle(scheduleId(config, name));

/**
 * Makes a schedule whose every firing runs a batch over a folder. A firing while a round is at work begins nothing
 * (overlap: skip), since that round is followed by the next one anyway; of firings that were missed within a day, one
 * is made up for.
 * @param options flags as text from a command line.
 * @param notice who is told at the end of each round that had something to do; a command in it is for the local
 * command line alone.
 * @throws UserError for wrong flags, or a name that is taken.
 */
export async function createSchedule(
  config: Config,
  { client, lease }: Session,
  name: string,
  options: Record<string, unknown>,
  notice?: Notice,
): Promise<BatchSpec> {
  if (!NAME.test(name))
    throw new UserError(`${name} cannot be a schedule's name: letters, digits, - and _, at most 63`);
  const { cron, every, watch, until } = parseOptions(scheduleFlagsSchema, options);
  if ((cron === undefined) === (every === undefined)) throw new UserError('give either --cron or --every');
  if (until !== undefined && every !== undefined)
    throw new UserError('--until ends what --cron begins: give --cron with it');
  const folder = await realpath(path.resolve(watch)).catch(ignoreUnreachable);
  if (folder === undefined || !(await stat(folder)).isDirectory())
    throw new UserError(`--watch: there is no folder ${watch}`);
  const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const when = cron ?? `every ${every ?? ''}`;
  const spec = await specifyBatch(
    {
      name: watch,
      sources: [folder],
      watch: {
        schedule: name,
        folder: inRoot(config, folder, '--watch'),
        when,
        timezone,
        ...(until !== undefined && { until }),
      },
      options,
    },
    config,
  );
  if (await exists(config, client, name)) throw taken(name);
  await recordBatch(config, spec);
  if (notice)
    await recordNotice(config.roots, config.noticeKeyFile, { kind: 'batch', batchKey: spec.batchKey }, notice);
  const times: ScheduleSpec =
    cron !== undefined ? { cronExpressions: [cron], timezone } : { intervals: [{ every: every as `${number}m` }] };
  try {
    await client.schedule.create<typeof upscaleBatch>({
      scheduleId: scheduleId(config, name),
      spec: times,
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP, pauseOnFailure: false },
      action: {
        type: 'startWorkflow',
        workflowType: 'upscaleBatch',
        workflowId: batchWorkflowId(spec.batchKey),
        taskQueue: controlQueue(lease.info.queuePrefix),
        args: [batchInput(config, spec, lease.info, notice !== undefined)],
        staticSummary: name,
      },
    });
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) throw taken(name);
    throw new UserError(`the server does not take this schedule: ${reason(error)}`);
  }
  return spec;
}

const taken = (name: string): UserError =>
  new UserError(`there is a schedule ${name} already: reelscale schedule delete ${name}, or choose another name`);

const reason = (error: unknown): string =>
  (error instanceof Error && error.cause instanceof Error
    ? error.cause.message
    : String((error as Error).message)
  ).split('\n')[0] ?? '';

const exists = (config: Config, client: Client, name: string): Promise<boolean> =>
  handleOf(config, client, name)
    .describe()
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof ScheduleNotFoundError) return false;
        throw error;
      },
    );

/** Schedules of this pool, by their names. */
export async function listSchedules(config: Config, client: Client): Promise<ScheduleView[]> {
  const specs = (await storedBatches(config.roots)).filter(({ watch }) => watch);
  const views = await Promise.all(
    specs.map((spec) =>
      view(config, client, spec).catch((error: unknown) => {
        if (error instanceof ScheduleNotFoundError) return undefined;
        throw error;
      }),
    ),
  );
  return views.filter((each) => each !== undefined).sort((a, b) => a.name.localeCompare(b.name));
}

/** @throws UserError when there is none of that name. */
export async function showSchedule(config: Config, client: Client, name: string): Promise<ScheduleView> {
  return onSchedule(config, name, (spec) => view(config, client, spec));
}

async function view(config: Config, client: Client, spec: BatchSpec): Promise<ScheduleView> {
  const { watch, outDir } = spec;
  if (!watch) throw new Error('the batch has no schedule');
  const { state, info } = await handleOf(config, client, watch.schedule).describe();
  const { until } = watch;
  const last = info.recentActions.at(-1);
  return {
    name: watch.schedule,
    batch: shortBatch(spec),
    watch: resolveRooted(config.roots, watch.folder),
    outDir: resolveRooted(config.roots, outDir),
    when: watch.when,
    timezone: watch.timezone,
    ...(until !== undefined && { until }),
    paused: state.paused,
    ...(state.paused && state.note !== undefined && { note: state.note }),
    next: state.paused ? [] : info.nextActionTimes.slice(0, 3).map((time) => time.toISOString()),
    ...(last && { last: last.takenAt.toISOString() }),
    running: (await runningBatch(client, spec)) !== undefined,
    skippedOverlaps: info.numActionsSkippedOverlap,
  };
}

/** It fires no more; a round at work goes on. */
export const pauseSchedule = (config: Config, client: Client, name: string, note: string): Promise<void> =>
  onSchedule(config, name, () => handleOf(config, client, name).pause(note));

export const resumeSchedule = (config: Config, client: Client, name: string): Promise<void> =>
  onSchedule(config, name, () => handleOf(config, client, name).unpause('by the user'));

/** Begins a round now, unless one is at work. @returns false then. */
export const triggerSchedule = (config: Config, client: Client, name: string): Promise<boolean> =>
  onSchedule(config, name, async (spec) => {
    const running = await runningBatch(client, spec);
    if (!running) await handleOf(config, client, name).trigger(ScheduleOverlapPolicy.SKIP);
    return !running;
  });

/**
 * Removes a schedule and what its batch remembers; results and jobs stay. @throws UserError while a round is at work.
 */
export const deleteSchedule = (config: Config, client: Client, name: string): Promise<void> =>
  onSchedule(config, name, async (spec) => {
    if (await runningBatch(client, spec))
      throw new UserError(`a round of ${name} is at work: reelscale cancel ${shortBatch(spec)} first, or wait for it`);
    await handleOf(config, client, name).delete();
    await rm(batchLayout(config.roots, spec.batchKey).folder, { recursive: true, force: true });
  });

async function onSchedule<T>(config: Config, name: string, act: (spec: BatchSpec) => Promise<T>): Promise<T> {
  const specs = (await storedBatches(config.roots)).filter(({ watch }) => watch?.schedule === name);
  const spec = specs.at(-1);
  if (!spec) throw new UserError(`there is no schedule ${name}: see reelscale schedule list`);
  try {
    return await act(spec);
  } catch (error) {
    if (error instanceof ScheduleNotFoundError)
      throw new WorldError(`the server does not know the schedule ${name}: create it again`);
    throw error;
  }
}
