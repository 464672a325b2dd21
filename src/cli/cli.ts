import '../lib/sourceTraces.js';
import { requireUsableArguments } from '../lib/utf8.js';
import { protectDashedFiles } from './dashedFiles.js';
import { EXIT } from './exit.js';
import { explain } from './explain.js';
import { guardOutput, outputFailure } from './output.js';
import { buildProgram, isFlag } from './program/program.js';

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
  const program = buildProgram((result) => {
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
