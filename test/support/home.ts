import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { TEMPORAL_VERSION } from '../../src/client/connection/temporalVersion.js';
import { provideTemporal } from '../../src/supervisor/temporalBinary.js';
import { type Config, loadConfig } from '../../temporal.config.js';
import { scratchFolder } from './media.js';

/**
 * A state folder of the test file's own, with the Temporal program in it. Whatever still works for it is ended after
 * the tests.
 */
export async function scratchHome(env: Record<string, string> = {}): Promise<Config> {
  // Registered first, so that it runs after the processes are gone.
  const home = path.join(scratchFolder(), 'home');
  afterAll(() => {
    for (const { pid } of processesOf(home)) process.kill(pid, 'SIGKILL');
  });
  const program = await provideTemporal(loadConfig().home, console.error);
  mkdirSync(path.join(home, 'bin'), { recursive: true });
  if (path.isAbsolute(program)) symlinkSync(program, path.join(home, 'bin', `temporal-${TEMPORAL_VERSION}`));
  return loadConfig({ REELSCALE_HOME: home, REELSCALE_DEVICE: 'cpu', REELSCALE_LINGER_SECONDS: '1', ...env });
}

export interface SystemProcess {
  pid: number;
  command: string;
}

/** Living processes that were started for a state folder, seen by their arguments or their environment. Linux only. */
export function processesOf(home: string): SystemProcess[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) return [];
    try {
      const read = (file: string): string =>
        readFileSync(path.join('/proc', name, file), 'utf8').replaceAll('\0', ' ');
      const command = read('cmdline');
      return command !== '' && (command.includes(home) || read('environ').includes(`REELSCALE_HOME=${home} `))
        ? [{ pid: Number(name), command }]
        : [];
    } catch {
      return [];
    }
  });
}

export const hasProc = existsSync('/proc/self/environ');

/** Polls until the value is there. @throws after a minute. */
export async function eventually<T>(get: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> {
  for (const until = Date.now() + 150_000; ; await sleep(50)) {
    const value = await get();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > until) throw new Error(`never happened: ${get.toString()}`);
  }
}
