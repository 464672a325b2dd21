import { execa } from 'execa';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { entryFile } from '../lib/project.js';
import { runtimeEnvironment } from '../runtime/runtimeEnvironment.js';

export interface ChildResult {
  stdout: string;
  stderr: string;
  /** How it ended, when it failed. */
  failure?: string;
  timedOut: boolean;
}

export interface ChildOptions {
  /** Milliseconds. */
  timeout: number;
  signal: AbortSignal | undefined;
  /** What it may allocate, in bytes; without it, as much as there is. */
  memory?: number;
}

/**
 * Runs an entry of the models in a process of its own, which does not outlive this one. @throws the signal's reason
 * when it aborts.
 */
export async function runChild(
  entry: string,
  args: string[],
  { timeout, signal, memory }: ChildOptions,
): Promise<ChildResult> {
  const [command, boundArgs] = withParentDeathSignal(
    process.execPath,
    [entryFile(`models/${entry}`), ...args],
    memory,
  );
  const result = await execa(command, boundArgs, {
    stdin: 'ignore',
    env: runtimeEnvironment(),
    reject: false,
    maxBuffer: 1 << 20,
    timeout,
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  const { stdout, stderr, timedOut } = result;
  return {
    stdout,
    stderr,
    timedOut,
    ...(result.failed && { failure: result.signal ?? `exit code ${result.exitCode}` }),
  };
}
