import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { TEMPORAL_VERSION } from '../../src/client/connection/temporalVersion.js';
import { projectRoot } from '../../src/lib/project.js';
import { provideTemporal } from '../../src/supervisor/temporalBinary.js';
import { type Config, loadConfig } from '../../temporal.config.js';
import { processesOf, type SystemProcess } from './processes.js';

const PROGRAM = path.join(projectRoot, 'bin/reelscale');

/** A state folder for one benchmark, with the command line that works in it. */
export class BenchHome {
  readonly config: Config;
  readonly #env: Record<string, string>;

  private constructor(env: Record<string, string>) {
    this.#env = env;
    this.config = loadConfig({ ...process.env, ...env });
  }

  /**
   * Nothing is downloaded if the user's own state folder has the Temporal program already.
   * @param folder undefined: one of its own in the system's temporary folder.
   * @param env what its commands find in their environment besides.
   */
  static async create(
    folder = mkdtempSync(path.join(os.tmpdir(), 'reelscale-bench-')),
    env: Record<string, string> = {},
  ): Promise<BenchHome> {
    const program = await provideTemporal(loadConfig().home, console.error);
    const home = new BenchHome({ REELSCALE_HOME: folder, REELSCALE_LINGER_SECONDS: '600', ...env });
    mkdirSync(path.join(folder, 'bin'));
    if (path.isAbsolute(program)) symlinkSync(program, path.join(folder, 'bin', `temporal-${TEMPORAL_VERSION}`));
    return home;
  }

  file(name: string): string {
    return path.join(this.config.home, name);
  }

  /** Starts a command; its stdout and stderr are text. */
  start(args: string[], cwd?: string) {
    return execa(PROGRAM, args, { env: this.#env, stdin: 'ignore', reject: false, ...(cwd !== undefined && { cwd }) });
  }

  /** Every process that works for this state folder, those included whose parents are gone. */
  processes(): SystemProcess[] {
    return processesOf(this.config.home);
  }

  /** kill -9 of everything that works here, as by a power cut: nobody lives to see another's death and report it. */
  async kill(): Promise<void> {
    for (let found = this.processes(); found.length > 0; found = this.processes()) {
      for (const signal of ['SIGSTOP', 'SIGKILL'] as const)
        found.forEach(({ pid }) => {
          send(pid, signal);
        });
      await sleep(50);
    }
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.config.home, { recursive: true, force: true });
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Runs a benchmark in a state folder that is removed afterwards, with every process that worked there. */
export async function inBenchHome<T>(work: (home: BenchHome) => Promise<T>): Promise<T> {
  const home = await BenchHome.create();
  return cleaningUp(
    () => home.remove(),
    () => work(home),
  );
}

/** Clears up after some work, also when it is interrupted. */
export async function cleaningUp<T>(clear: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  let ending = false;
  const interrupt = (): void => {
    if (!ending) void clear().finally(() => process.exit(130));
    ending = true;
  };
  // Not `once`: execa lets the signal end this process as soon as nobody else listens to it.
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await work();
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await clear();
  }
}
