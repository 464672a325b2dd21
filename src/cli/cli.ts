import '../lib/sourceTraces.js';
import { Command, CommanderError } from 'commander';
import { DiskFull, UserError, WorldError } from '../lib/errors.js';
import { packageVersion } from '../lib/project.js';
import { requireUsableArguments } from '../lib/utf8.js';
import { protectDashedFiles } from './argv.js';
import { EXIT } from './exit.js';
import { withNoticeFlags } from './noticeFlags.js';
import { withBatchFlags, withJobFlags } from './options.js';
import { guardOutput, outputFailure } from './output.js';

/** Runs one command line, without the program's name. @returns the exit code; never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  guardOutput();
  const code = await perform(argv);
  const unwritten = await outputFailure();
  if (unwritten === undefined) return code;
  process.stderr.write(
    `reelscale: standard output cannot be written: ${unwritten}. ` +
      'What the command did is done; reelscale list and status say it again\n',
  );
  return code === EXIT.done ? EXIT.failed : code;
}

async function perform(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.done;
  const program = build((result) => {
    code = result;
  });
  try {
    requireUsableArguments(argv);
    await program.parseAsync(
      protectDashedFiles(argv, (argument) => isFlag(program, argument)),
      { from: 'user' },
    );
    return code;
  } catch (error) {
    return explain(error);
  }
}

/** One clear line for what the user or the world did; everything for a bug. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UserError || error instanceof WorldError || error instanceof DiskFull) {
    process.stderr.write(`reelscale: ${error.message}\n`);
    return error instanceof UserError ? EXIT.usage : EXIT.failed;
  }
  const refused = fileTrouble(error) ?? serverTrouble(error);
  if (refused !== undefined) {
    process.stderr.write(`reelscale: ${refused}\n`);
    return EXIT.failed;
  }
  process.stderr.write(
    `reelscale: this is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.failed;
}

/** Of gRPC: cancelled, deadline exceeded, resource exhausted, internal, unavailable. */
const AWAY = [1, 4, 8, 13, 14];

/** A Temporal server that is ending, starting or gone. */
function serverTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, details } = (error.cause ?? error) as { code?: unknown; details?: string };
  const away =
    error.message === 'Failed to connect before the deadline' ||
    (error.name === 'ServiceError' && AWAY.includes(code as number));
  return away
    ? `the Temporal server does not answer (${details ?? error.message}): ` +
        'run the same command again, what is done is kept'
    : undefined;
}

/** What the system refuses, wherever it happens: a full disk, and files of somebody else. */
function fileTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  const where = 'path' in error && typeof error.path === 'string' ? ` for ${error.path}` : '';
  switch (error.code) {
    case 'ENOSPC':
      return (
        `no space is left on the disk${where || ' of the state folder or of the output'}: ` +
        'make room, then run the same command again'
      );
    case 'EDQUOT':
      return (
        `your quota is used up on the disk${where || ' of the state folder or of the output'}: ` +
        'make room, then run the same command again'
      );
    case 'EACCES':
    case 'EPERM':
      return `permission denied${where}: it may belong to another user`;
    case 'EROFS':
      return `the disk is mounted read-only${where}`;
    default:
      return undefined;
  }
}

/** Imported late: `--help` needs no configuration. */
async function openState(): Promise<void> {
  const { loadConfig } = await import('../../temporal.config.js');
  (await import('../client/connection/home.js')).openHome(loadConfig());
}

function isFlag(program: Command, argument: string): boolean {
  const name = argument.split('=')[0] ?? '';
  return [program, ...program.commands].some(
    (command) =>
      ['-h', '--help', '-V', '--version'].includes(name) ||
      command.options.some(
        ({ short, long }) =>
          name === long || (short !== undefined && name.startsWith(short) && !name.startsWith('--')),
      ),
  );
}

/** For options that may be given several times. */
const collect = (value: string, before: string[] = []): string[] => [...before, value];

/** The commands and flags. They are imported when they run: `--help` and a wrong flag answer at once. */
export function build(done: (code: number) => void): Command {
  const runAnywhere =
    <A extends unknown[]>(action: (...args: A) => Promise<number>) =>
    async (...args: A): Promise<void> => {
      done(await action(...args));
    };
  const run = <A extends unknown[]>(action: (...args: A) => Promise<number>) =>
    runAnywhere(async (...args: A) => {
      await openState();
      return action(...args);
    });
  const program = new Command('reelscale')
    .description('Upscales long videos and never loses a frame.')
    .version(packageVersion)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'reelscale: ').replace('\n(', ' ('));
      },
    })
    .showSuggestionAfterError(true);

  withNoticeFlags(withJobFlags(program.command('upscale')))
    .description('upscale one video; running the same command again goes on where it was')
    .argument('<input>', 'the video; its name may begin with a dash')
    .option(
      '-o, --output <file>',
      "the result, .mp4 or .mkv (default: INPUT's name with the scale, as in NAME.x4.mp4, beside it)",
    )
    .option('--overwrite', 'replace the output if it exists')
    .option('--detach', 'return at once; the job goes on in the background')
    .option('--json', 'print one JSON object as the last line of stdout')
    .action(
      run(async (input: string, options: unknown) => (await import('./commands/upscale.js')).upscale(input, options)),
    );

  withJobFlags(program.command('plan'))
    .description('what a job would take on this machine: frames, disk, time and cost; starts nothing')
    .argument('<input>', 'the video')
    .option('-o, --output <file>', 'where the result would be (default: as for upscale)')
    .option('--cost-per-hour <price>', 'of a device, in any currency: adds what the job costs')
    .option('--json', 'print one JSON object')
    .action(run(async (input: string, options: unknown) => (await import('./commands/plan.js')).plan(input, options)));

  withNoticeFlags(withJobFlags(withBatchFlags(program.command('batch'))))
    .description('upscale many videos; running the same command again goes on where it was and makes what is new')
    .argument('<videos...>', 'folders, files, patterns in quotes, or lists (.txt, a path on each line)')
    .option('--overwrite', 'replace results that exist')
    .option('--detach', 'return at once; the batch goes on in the background')
    .option('--json', 'print the summary as one JSON object, the last line of stdout')
    .action(
      run(async (named: string[], options: Record<string, unknown>) =>
        (await import('./commands/batch.js')).batch(named, options),
      ),
    );

  const schedules = program
    .command('schedule')
    .description('run a batch over a folder again and again')
    .exitOverride();
  const schedule = () => import('./commands/schedule.js');
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
    .option('--json', 'print JSON')
    .action(run(async (options: object) => (await schedule()).list(options)));
  schedules
    .command('show')
    .description('one schedule in full')
    .argument('<name>')
    .option('--json', 'print JSON')
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

  program
    .command('reencode')
    .description(
      'encode a finished job again with other settings, from the upscaled frames that it kept (--keep-mezzanine)',
    )
    .argument('<job>')
    .option(
      '-o, --output <file>',
      "the result (default: the first one's name with what is different, as in NAME.x4.crf18.mp4)",
    )
    .option('--codec <name>', 'h264, h265 or av1')
    .option('--crf <n>', 'quality')
    .option('--encoder-preset <name>', 'ultrafast to veryslow')
    .option('--tune <name>', 'film, animation, grain, psnr, ssim or fastdecode, as the codec has it')
    .option('--hw-encoder <name>', 'nvenc or vaapi; none for the processor')
    .option('--overwrite', 'replace the output if it exists')
    .option('--detach', 'return at once; the job goes on in the background')
    .option('--json', 'print one JSON object as the last line of stdout')
    .action(
      run(async (job: string, options: unknown) => (await import('./commands/reencode.js')).reencode(job, options)),
    );

  program
    .command('preview')
    .description('the same frames by each method, side by side in one PNG, in seconds')
    .argument('<input>', 'the video')
    .option(
      '--at <time>',
      'a frame to show, in seconds or [HH:]MM:SS; may be repeated (default: at 10, 50 and 90 %)',
      collect,
    )
    .option(
      '-m, --model <name>',
      'a method to show, as for upscale; may be repeated (default: bicubic and the model that upscale takes)',
      collect,
    )
    .option('-s, --scale <n>', 'how many times larger (default: as for upscale)')
    .option('--program <n>', 'of several programmes in one transport stream, the number of the one to show')
    .option(
      '--crop <window>',
      'what is used of the pictures: WxH+X+Y in source pixels, or auto to cut off black borders',
    )
    .option('-o, --output <file>', "the sheet, .png (default: INPUT's name with .preview.png, beside it)")
    .option('--overwrite', 'replace the sheet if it exists')
    .option('--json', 'print one JSON object: where each cell is on the sheet, and its seconds per frame')
    .action(
      run(async (input: string, options: unknown) => (await import('./commands/preview.js')).preview(input, options)),
    );

  program
    .command('compare')
    .description('how much B differs from A, frame by frame: PSNR, SSIM, and VMAF where ffmpeg has it')
    .argument('<a>', 'the reference')
    .argument('<b>', 'what is measured; of another size, the larger is made small')
    .option('--plot <file>', 'draw the curves, .svg (or .png where ffmpeg has librsvg)')
    .option('--overwrite', 'replace the plot if it exists')
    .option('--json', 'print one JSON object, with the scores of every frame')
    .action(
      run(async (a: string, b: string, options: unknown) =>
        (await import('./commands/compare.js')).compare(a, b, options),
      ),
    );

  program
    .command('verify')
    .description('decode a whole video and say what is wrong with it; exit 1 where something is')
    .argument('<file>', 'the video')
    .option('--against <source>', 'what it was made of, of any size: every frame, its time and the sound are compared')
    .option('--program <n>', 'the programme of the source that it should show, as upscale was told')
    .option(
      '--from <time>',
      'the part of the source that it should show, as upscale was told; in seconds or [HH:]MM:SS',
    )
    .option('--to <time>', '… up to before this time')
    .option('--crop <window>', '… and of its pictures: WxH+X+Y, or auto')
    .option('--html <file>', 'write a page with pictures, .html')
    .option('--overwrite', 'replace the page if it exists')
    .option('--json', 'print one JSON object')
    .action(
      run(async (file: string, options: unknown) => (await import('./commands/verify.js')).verify(file, options)),
    );

  const json = ['--json', 'print JSON'] as const;
  const look = () => import('./commands/status.js');
  const jobs = () => import('./commands/jobs.js');
  program
    .command('status')
    .description('one job in full, or all open ones')
    .argument('[job]')
    .option(...json)
    .action(run(async (job: string | undefined, options: object) => (await look()).status(job, options)));
  program
    .command('list')
    .description('all jobs on this machine')
    .option(...json)
    .action(run(async (options: object) => (await look()).status(undefined, options, true)));
  program
    .command('wait')
    .description('show the progress of a job until it ends')
    .argument('<job>')
    .option(...json)
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
    .option(...json)
    .action(
      run(async (job: string, options: unknown) => (await import('./commands/publish.js')).publish(job, options)),
    );
  program
    .command('clean')
    .description('remove what finished, failed and cancelled jobs left; open ones stay')
    .option(...json)
    .option('--abandoned', 'open jobs whose source is gone, too')
    .option('--dry-run', 'only list what would go, with sizes')
    .action(run(async (options: object) => (await import('./commands/clean.js')).clean(options)));

  program
    .command('up')
    .description('run the supervisor in the foreground: the server, the workers of this machine, and the dashboard')
    .action(run(async () => (await import('./commands/up.js')).up()));
  program
    .command('worker')
    .description('run workers for a Temporal server elsewhere (TEMPORAL_ADDRESS), one process for each device')
    .option('--role <name>', 'control, encode or upscale (default: upscale where a device is named)')
    .option('--device <name>', 'cpu or cuda:N, for the upscale role; may be repeated (default: cpu)', collect)
    .option('--tag <names>', 'further tags of these devices, joined by commas')
    .option('--health-file <file>', 'keep this file there, never older than 10 s, while all of them are at work')
    .action(run(async (options: unknown) => (await import('./commands/worker.js')).worker(options)));
  program
    .command('dashboard')
    .description('jobs in a browser: watch, submit, pause, compare; also part of up')
    .option(
      '--host <address>',
      'where to listen; anywhere but on this machine only with --token-file (default: 127.0.0.1)',
    )
    .option('--port <n>', 'the port, 0 for any free one (default: 8420, or a free one)')
    .option(
      '--token-file <file>',
      'ask for the token in this file, which nobody else may read ' +
        '(default: one of the state folder, in the link that is printed)',
    )
    .action(run(async (options: unknown) => (await import('./commands/dashboard.js')).dashboard(options)));
  program
    .command('doctor')
    .description('check this machine, and say what to do')
    .option(...json)
    .action(runAnywhere(async (options: object) => (await import('./commands/doctor.js')).doctor(options)));

  const models = program
    .command('models')
    .description('networks on this machine and where to get them')
    .exitOverride();
  const commands = () => import('./commands/models.js');
  models
    .command('list')
    .description('known and imported models')
    .option(...json)
    .action(run(async (options: object) => (await commands()).list(options)));
  models
    .command('pull')
    .description('fetch a model, check it and convert it to ONNX')
    .argument('<name>')
    .action(run(async (name: string) => (await commands()).pull(name)));
  models
    .command('info')
    .description('one model in full; its speed is measured once')
    .argument('<name>', 'a model, or the path of an .onnx file')
    .option(...json)
    .action(run(async (name: string, options: object) => (await commands()).info(name, options)));
  models
    .command('import')
    .description('take in a network of your own, so that it can be named')
    .argument('<path>', 'an .onnx, .pth, .safetensors or ncnn .param file, or a folder of ncnn networks')
    .option('--name <name>', "its name (default: the file's)")
    .action(run(async (file: string, options: object) => (await commands()).importModel(file, options)));
  models
    .command('remove')
    .description('remove a model from this machine')
    .argument('<name>')
    .action(run(async (name: string) => (await commands()).remove(name)));
  return program;
}
