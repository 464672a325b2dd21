import type { Command } from 'commander';
import { WORKER_DEVICE_NAMES } from '../../runtime/devices.js';
import { collect, JSON_FLAG, type Run } from './commandParts.js';

/**
 * The commands about this machine: what runs on it, and whether it can.
 * @param runAnywhere runs without the state folder, which `doctor` may find to be unusable.
 */
export function addMachineCommands(program: Command, run: Run, runAnywhere: Run): void {
  program
    .command('up')
    .description('run the supervisor in the foreground: the server, the workers of this machine, and the dashboard')
    .action(run(async () => (await import('../commands/up.js')).up()));
  program
    .command('worker')
    .description('run workers for a Temporal server elsewhere (TEMPORAL_ADDRESS), one process for each device')
    .option('--role <name>', 'control, encode or upscale (default: upscale where a device is named)')
    .option('--device <name>', `${WORKER_DEVICE_NAMES}, for the upscale role; may be repeated (default: cpu)`, collect)
    .option('--tag <names>', 'further tags of these devices, joined by commas')
    .option('--health-file <file>', 'keep this file there, never older than 10 s, while all of them are at work')
    .action(run(async (options: unknown) => (await import('../commands/worker.js')).worker(options)));
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
    .action(run(async (options: unknown) => (await import('../commands/dashboard.js')).dashboard(options)));
  program
    .command('tune')
    .description('measure what computes a network fastest on this machine, and keep it for --device auto')
    .option('-m, --model <name>', 'a model, or the path of an .onnx file (default: that of a job)')
    .option('-s, --scale <n>', "(default: the model's own)")
    .option('--denoise <strength>', 'from 0 to 1, of models that have it')
    .option('--blend <share>', 'share of bicubic in the result, 0 to 1 (default: 0)')
    .option(...JSON_FLAG)
    .action(run(async (options: unknown) => (await import('../commands/tune.js')).tune(options)));
  program
    .command('doctor')
    .description('check this machine, and say what to do')
    .option(...JSON_FLAG)
    .action(runAnywhere(async (options: object) => (await import('../commands/doctor.js')).doctor(options)));
}
