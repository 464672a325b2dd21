import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleSpec,
} from '@temporalio/client';
import { z } from 'zod';
import type { Config } from '../../../temporal.config.js';
import { type BatchSpec, clockSchema } from '../../job/batch/spec.js';
import { type Notice, recordNotice } from '../../job/notice.js';
import { controlQueue } from '../../job/queues.js';
import { batchWorkflowId } from '../../job/workflowIds.js';
import { UserError } from '../../lib/errors.js';
import { ignoreUnreachable } from '../../lib/systemErrors.js';
import type { upscaleBatch } from '../../workflows/index.js';
import type { Session } from '../connection/connect.js';
import { parseOptions } from '../job/flags.js';
import { inRoot } from '../job/mediaRoot.js';
import { specifyBatch } from './batchSpec.js';
import { handleOf, scheduleId } from './schedules.js';
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
