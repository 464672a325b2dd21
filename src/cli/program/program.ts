import { Command } from 'commander';
import { packageVersion } from '../../lib/project.js';
import type { Run } from './commandParts.js';
import { addJobCommands } from './jobCommands.js';
import { addMachineCommands } from './machineCommands.js';
import { addModelCommands } from './modelCommands.js';
import { addScheduleCommands } from './scheduleCommands.js';
import { addReencodeCommand, addUpscaleCommands } from './upscaleCommands.js';
import { addVideoCommands } from './videoCommands.js';

/**
 * All commands and flags, in the order of the help. What they do is imported when they run: `--help` and a wrong flag
 * answer at once.
 * @param done takes the exit code of the command that ran.
 */
export function buildProgram(done: (code: number) => void): Command {
  const runAnywhere: Run =
    (action) =>
    async (...args) => {
      done(await action(...args));
    };
  const run: Run = (action) =>
    runAnywhere(async (...args) => {
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
  addUpscaleCommands(program, run);
  addScheduleCommands(program, run);
  addReencodeCommand(program, run);
  addVideoCommands(program, run);
  addJobCommands(program, run);
  addMachineCommands(program, run, runAnywhere);
  addModelCommands(program, run);
  return program;
}

/** Imported late: `--help` needs no configuration. */
async function openState(): Promise<void> {
  const { loadConfig } = await import('../../../temporal.config.js');
  (await import('../../client/connection/home.js')).openHome(loadConfig());
}

/** Whether any command has such a flag. */
export function isFlag(program: Command, argument: string): boolean {
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
