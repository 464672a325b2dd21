import type { Command } from 'commander';
import { withNoticeFlags } from '../noticeFlags.js';
import { withBatchFlags, withJobFlags } from '../options.js';
import { JSON_FLAG, type Run } from './commandParts.js';

/** The commands over schedules. */
export function addScheduleCommands(program: Command, run: Run): void {
  const schedules = program
    .command('schedule')
    .description('run a batch over a folder again and again')
    .exitOverride();
  const schedule = () => import('../commands/schedule.js');
  withNoticeFlags(withJobFlags(withBatchFlags(schedules.command('create'))))
    .description('make a schedule whose every firing upscales what is new in a folder')
    .argument('<name>')
    .requiredOption(
      '--watch <dir>',
      'the folder with the videos; those that are still being written wait for the next round',
    )
    .option('--cron <times>', 'minute, hour, day, month, weekday, in local time, as in "0 1 * * *"')
    .option('--every <time>', 'as in 30m, 6h or 1d')
    .option('--until <time>', 'HH:MM: jobs at work are paused then, and go on when it fires next')
    .option('--overwrite', 'replace results that exist')
    .action(run(async (name: string, options: Record<string, unknown>) => (await schedule()).create(name, options)));
  schedules
    .command('list')
    .description('all schedules')
    .option(...JSON_FLAG)
    .action(run(async (options: object) => (await schedule()).list(options)));
  schedules
    .command('show')
    .description('one schedule in full')
    .argument('<name>')
    .option(...JSON_FLAG)
    .action(run(async (name: string, options: object) => (await schedule()).show(name, options)));
  schedules
    .command('pause')
    .description('let it fire no more; a round at work goes on')
    .argument('<name>')
    .action(run(async (name: string) => (await schedule()).pause(name)));
  schedules
    .command('resume')
    .description('let it fire again')
    .argument('<name>')
    .action(run(async (name: string) => (await schedule()).resume(name)));
  schedules
    .command('trigger')
    .description('begin a round now')
    .argument('<name>')
    .action(run(async (name: string) => (await schedule()).trigger(name)));
  schedules
    .command('delete')
    .description('remove a schedule; its results stay')
    .argument('<name>')
    .action(run(async (name: string) => (await schedule()).remove(name)));
}
