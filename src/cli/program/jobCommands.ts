import type { Command } from 'commander';
import { JSON_FLAG, type Run } from './commandParts.js';

/** The commands over jobs and batches that there are. */
export function addJobCommands(program: Command, run: Run): void {
  const look = () => import('../commands/status.js');
  const jobs = () => import('../commands/controlJob.js');
  program
    .command('status')
    .description('one job in full, or all open ones')
    .argument('[job]')
    .option(...JSON_FLAG)
    .action(run(async (job: string | undefined, options: object) => (await look()).status(job, options)));
  program
    .command('list')
    .description('all jobs on this machine')
    .option(...JSON_FLAG)
    .action(run(async (options: object) => (await look()).status(undefined, options, true)));
  program
    .command('wait')
    .description('show the progress of a job until it ends')
    .argument('<job>')
    .option(...JSON_FLAG)
    .action(run(async (job: string, options: object) => (await jobs()).wait(job, options)));
  program
    .command('pause')
    .description('stop a job after the part at hand')
    .argument('<job>')
    .action(run(async (job: string) => (await jobs()).pause(job)));
  program
    .command('resume')
    .description('go on with a paused or interrupted job')
    .argument('<job>')
    .action(run(async (job: string) => (await jobs()).resume(job)));
  program
    .command('cancel')
    .description('end a job; its parts are kept')
    .argument('<job>')
    .option('--discard', 'remove its parts too')
    .action(run(async (job: string, options: object) => (await jobs()).cancel(job, options)));
  program
    .command('publish')
    .description('deliver a result that did not pass its checks, after you have looked at what is wrong with it')
    .argument('<job>')
    .option('--anyway', 'yes, as it is; without it, only what is wrong is said')
    .option('--overwrite', 'replace the output if it exists')
    .option(...JSON_FLAG)
    .action(
      run(async (job: string, options: unknown) => (await import('../commands/publish.js')).publish(job, options)),
    );
  program
    .command('clean')
    .description('remove what finished, failed and cancelled jobs left; open ones stay')
    .option(...JSON_FLAG)
    .option('--abandoned', 'open jobs whose source is gone, too')
    .option('--dry-run', 'only list what would go, with sizes')
    .action(run(async (options: object) => (await import('../commands/clean.js')).clean(options)));
}
