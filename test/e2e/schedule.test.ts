import { appendFileSync, copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { BatchView } from '../../src/client/batch/batches.js';
import type { ScheduleView } from '../../src/client/batch/schedules.js';
import { Cli, eventually } from '../support/cli.js';
import { makeClip } from '../support/media.js';

const cli = new Cli({ REELSCALE_LINGER_SECONDS: '60', REELSCALE_SETTLE_SECONDS: '2', TZ: 'Europe/Berlin' });
const json = async <T>(...args: string[]): Promise<T> => (await cli.json<T>(...args)).value;

it('a schedule upscales what is new, leaves to later what is being written, is paused and deleted', async () => {
  mkdirSync(cli.file('inbox'));
  await makeClip(cli.file('inbox/a.mp4'), { seconds: 0.4, size: '64x48' });
  await makeClip(cli.file('later.mp4'), { seconds: 0.4, size: '64x48' });
  const made = await cli.run(
    'schedule',
    'create',
    'night',
    '--cron',
    '0 1 * * *',
    '--until',
    '07:00',
    '--watch',
    'inbox',
    '--out-dir',
    'out',
    '--preset',
    'preview',
    '-s',
    '2',
    '--to',
    '0.3',
  );
  expect(made.code, made.stderr).toBe(0);
  expect(made.stdout).toContain('only while `reelscale up` runs');
  expect(
    (
      await cli.run(
        'schedule',
        'create',
        'night',
        '--every',
        '30m',
        '--watch',
        'inbox',
        '--out-dir',
        'out',
        '--preset',
        'preview',
      )
    ).stderr,
  ).toContain('there is a schedule night already');

  const view = await json<ScheduleView>('schedule', 'show', 'night');
  expect(view).toMatchObject({
    name: 'night',
    watch: cli.file('inbox'),
    when: '0 1 * * *',
    timezone: 'Europe/Berlin',
    until: '07:00',
    paused: false,
    running: false,
  });
  expect(new Date(view.next[0] ?? '').toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' })).toBe('01:00:00');

  copyFileSync(cli.file('later.mp4'), cli.file('inbox/growing.mp4'));
  const writing = setInterval(() => {
    appendFileSync(cli.file('inbox/growing.mp4'), 'more');
  }, 100);
  const round = async (): Promise<BatchView> => {
    const { last: before } = await json<BatchView>('status', 'night');
    expect((await cli.run('schedule', 'trigger', 'night')).stdout).toContain('a round of night begins');
    return eventually('the round has ended', async () => {
      const batch = await json<BatchView>('status', 'night');
      return batch.status === 'done' && batch.last?.page !== before?.page ? batch : undefined;
    });
  };
  const first = await round();
  clearInterval(writing);
  expect(first.last?.summary).toMatchObject({ schedule: 'night', done: 1, failed: 0, waiting: 1 });
  expect(existsSync(cli.file('out/a.to0.3.x2.mp4')), 'results say which part they are').toBe(true);
  copyFileSync(cli.file('later.mp4'), cli.file('inbox/growing.mp4'));
  expect((await round()).last?.summary).toMatchObject({ done: 1, skipped: 1, failed: 0, waiting: 0 });
  expect(existsSync(cli.file('out/growing.to0.3.x2.mp4'))).toBe(true);

  expect((await cli.run('schedule', 'pause', 'night')).code).toBe(0);
  expect(await json<ScheduleView>('schedule', 'show', 'night')).toMatchObject({
    name: 'night',
    paused: true,
    next: [],
  });
  expect((await cli.run('schedule', 'resume', 'night')).code).toBe(0);
  expect((await cli.run('schedule', 'delete', 'night')).code).toBe(0);
  expect((await cli.run('schedule', 'list')).stdout).toBe('no schedules');
  expect(existsSync(cli.file('out/a.to0.3.x2.mp4'))).toBe(true);
});
