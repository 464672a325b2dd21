import { rm } from 'node:fs/promises';
import { type Client, type ScheduleHandle, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import { batchLayout } from '../../job/batch/layout.js';
import { type BatchSpec, shortBatch } from '../../job/batch/spec.js';
import { storedBatches } from '../../job/batch/store.js';
import { resolveRooted } from '../../job/layout.js';
import { UserError, WorldError } from '../../lib/errors.js';
import { runningBatch } from './batchRound.js';

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

export const scheduleId = (config: Config, name: string): string => `${config.queuePrefix}.schedule.${name}`;
/** Of the schedule of that name, whether or not it is there. */
export const handleOf = (config: Config, client: Client, name: string): ScheduleHandle =>
  client.schedule.getHandle(scheduleId(config, name));

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
