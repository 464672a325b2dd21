import { type Config, loadConfig } from '../../../temporal.config.js';
import { createSchedule } from '../../client/batch/createSchedule.js';
import {
  deleteSchedule,
  listSchedules,
  pauseSchedule,
  resumeSchedule,
  type ScheduleView,
  showSchedule,
  triggerSchedule,
} from '../../client/batch/schedules.js';
import { openSession, type Session } from '../../client/connection/connect.js';
import { shortBatch } from '../../job/batch/spec.js';
import { EXIT } from '../exit.js';
import { resolveNotice } from '../noticeFlags.js';
import { log, print, printJson } from '../say.js';

/** Schedules live on the server, so that each command needs one. Returns the exit code. */
async function withServer(act: (config: Config, session: Session) => Promise<void>): Promise<number> {
  const config = loadConfig();
  const session = await openSession(config, log);
  try {
    await act(config, session);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

export const create = (name: string, options: Record<string, unknown>): Promise<number> =>
  withServer(async (config, session) => {
    const spec = await createSchedule(config, session, name, options, await resolveNotice(options));
    const { next } = await showSchedule(config, session.client, name);
    print(
      `schedule ${name} is made, its batch is ${shortBatch(spec)}; ` +
        `it fires first at ${next[0] ?? 'no time that is known'}`,
    );
    if (config.temporalAddress === undefined)
      print(
        'with the embedded server it fires only while `reelscale up` runs: see the systemd unit in docs/operations.md',
      );
  });

export const list = ({ json }: { json?: boolean }): Promise<number> =>
  withServer(async (config, { client }) => {
    const schedules = await listSchedules(config, client);
    if (json) printJson(schedules);
    else if (schedules.length === 0) print('no schedules');
    else
      for (const { name, when, watch, paused, running, next } of schedules)
        print(`${name}  ${when}  ${watch}  ${paused ? 'paused' : running ? 'at work' : `next ${next[0] ?? 'never'}`}`);
  });

export const show = (name: string, { json }: { json?: boolean }): Promise<number> =>
  withServer(async (config, { client }) => {
    const view = await showSchedule(config, client, name);
    print(json ? JSON.stringify(view) : inFull(view));
  });

export const pause = (name: string): Promise<number> =>
  withServer(async (config, { client }) => {
    await pauseSchedule(config, client, name, 'by the user');
    print(`schedule ${name} is paused`);
  });

export const resume = (name: string): Promise<number> =>
  withServer(async (config, { client }) => {
    await resumeSchedule(config, client, name);
    print(`schedule ${name} fires again`);
  });

export const trigger = (name: string): Promise<number> =>
  withServer(async (config, { client }) => {
    const begun = await triggerSchedule(config, client, name);
    const { batch } = await showSchedule(config, client, name);
    print(
      begun
        ? `a round of ${name} begins: reelscale wait ${batch}`
        : `a round of ${name} is at work already: reelscale wait ${batch}`,
    );
  });

export const remove = (name: string): Promise<number> =>
  withServer(async (config, { client }) => {
    await deleteSchedule(config, client, name);
    print(`schedule ${name} is removed; its results stay`);
  });

const inFull = ({
  name,
  batch,
  watch,
  outDir,
  when,
  timezone,
  until,
  paused,
  note,
  next,
  last,
  running,
  skippedOverlaps,
}: ScheduleView): string =>
  [
    `schedule ${name}`,
    `batch    ${batch}`,
    `watches  ${watch}`,
    `results  ${outDir}`,
    `when     ${when}${until === undefined ? '' : `, until ${until}`} (${timezone})`,
    `status   ${paused ? `paused${note === undefined ? '' : `: ${note}`}` : running ? 'at work' : 'waiting'}`,
    ...(last === undefined ? [] : [`last     ${last}`]),
    ...next.map((time, index) => `${index === 0 ? 'next  ' : '      '}   ${time}`),
    ...(skippedOverlaps > 0 ? [`skipped  ${skippedOverlaps} times, while a round was at work`] : []),
  ].join('\n');
