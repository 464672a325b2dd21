import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { openLog } from '../client/connection/logFile.js';
import { idle } from '../lib/idle.js';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 30_000;
/** A child that lived this long was healthy: its next crash starts from the shortest delay again. */
const HEALTHY_MS = 60_000;

export interface ChildSpec {
  name: string;
  tool: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** Undefined: its output is this process's own. */
  logFile?: string;
  /** Called with each message of a child that speaks over Node's IPC channel; without it there is no channel. */
  onMessage?: (message: unknown) => void;
  /** Called each time that it has ended. */
  onEnd?: () => void;
}

export interface KeptChild {
  readonly pid: number | undefined;
  /** Asks the child to end, over its channel or by SIGTERM, and kills it after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Runs a child for as long as this process lives and starts it again whenever it ends, with a growing delay. It has a
 * session of its own, so that Ctrl-C in a terminal reaches the supervisor alone, which then stops its children in
 * order.
 */
export function keepRunning(spec: ChildSpec, log: (line: string) => void): KeptChild {
  const stopping = new AbortController();
  let child: ChildProcess | undefined;

  async function live(): Promise<void> {
    let delay = FIRST_DELAY_MS;
    while (!stopping.signal.aborted) {
      const began = Date.now();
      child = launch(spec);
      const how = await ending(child);
      spec.onEnd?.();
      if (stopping.signal.aborted) return;
      if (Date.now() - began > HEALTHY_MS) delay = FIRST_DELAY_MS;
      log(`${spec.name} ${how}; it starts again in ${delay / 1000} s${spec.logFile ? ` (log: ${spec.logFile})` : ''}`);
      await idle(delay, stopping.signal);
      delay = Math.min(delay * 2, LONGEST_DELAY_MS);
    }
  }
  const ended = live();

  return {
    get pid() {
      return child?.pid;
    },
    async stop(graceMs) {
      stopping.abort();
      if (child?.connected) child.send({ type: 'shutdown' });
      else child?.kill('SIGTERM');
      const killing = setTimeout(() => {
        child?.kill('SIGKILL');
      }, graceMs);
      await ended;
      clearTimeout(killing);
    },
  };
}

function launch(spec: ChildSpec): ChildProcess {
  const fd = spec.logFile === undefined ? undefined : openLog(spec.logFile);
  const output = fd ?? 'inherit';
  try {
    const [file, args] = withParentDeathSignal(spec.tool, spec.args);
    const child = spawn(file, args, {
      stdio: spec.onMessage ? ['ignore', output, output, 'ipc'] : ['ignore', output, output],
      env: spec.env ?? process.env,
      detached: true,
    });
    if (spec.onMessage) child.on('message', spec.onMessage);
    return child;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function ending(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    return signal ? `was ended by ${signal}` : `ended with code ${code ?? '?'}`;
  } catch (error) {
    return `could not be started: ${(error as Error).message}`;
  }
}
