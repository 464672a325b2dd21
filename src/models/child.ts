import path from 'node:path';
import { execa } from 'execa';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { runtimeEnvironment } from './runtimeEnvironment.js';

/** Node runs compiled files only: from the sources, as in tests, the built one beside them is taken. */
const FOLDER = import.meta.filename.endsWith('.ts')
  ? path.join(import.meta.dirname, '../../dist/src/models')
  : import.meta.dirname;

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
 * Runs an entry of this folder in a process of its own, which does not outlive this one. @throws the signal's reason
 * when it aborts.
 */
export async function runChild(
  entry: string,
  args: string[],
  { timeout, signal, memory }: ChildOptions,
): Promise<ChildResult> {
  const [command, boundArgs] = withParentDeathSignal(process.execPath, [path.join(FOLDER, entry), ...args], memory);
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
