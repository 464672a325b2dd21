import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll } from 'vitest';
import { argv } from '../../src/lib/argv.js';
import { scratchFolder } from './media.js';

const program = path.resolve(import.meta.dirname, '../../bin/reelscale');

export interface CliResult {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

/** The command line with a state folder of its own, whose processes all end with the test file. */
export class Cli {
  readonly folder = scratchFolder();
  readonly home = path.join(this.folder, 'home');
  readonly #env: Record<string, string>;

  constructor(env: Record<string, string> = {}) {
    this.#env = {
      REELSCALE_HOME: this.home,
      // Nothing is measured, and frames are the same on every machine.
      REELSCALE_DEVICE: 'cpu',
      REELSCALE_LINGER_SECONDS: '30',
      REELSCALE_HEARTBEAT_SECONDS: '4',
      ...env,
    };
    afterAll(() => {
      this.kill();
    });
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  start(args: string[], env: Record<string, string> = {}) {
    return execa(program, args, { cwd: this.folder, reject: false, stdin: 'ignore', env: { ...this.#env, ...env } });
  }

  async run(...args: string[]): Promise<CliResult> {
    const { exitCode, stdout, stderr } = await this.start(args);
    return { code: exitCode, stdout, stderr };
  }

  /** Runs with --json and returns the object on the last line. */
  async json<T = Record<string, unknown>>(
    ...args: string[]
  ): Promise<{ code: number | undefined; value: T; stderr: string }> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    const last = stdout.trim().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) throw new Error(`no JSON (exit ${code}): ${stdout}\n${stderr}`);
    return { code, value: JSON.parse(last) as T, stderr };
  }

  /** Every process that works for this state folder, by its environment: also those whose parents are gone. */
  processes(pattern: RegExp = /./): { pid: number; command: string }[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        try {
          const environment = readFileSync(`/proc/${name}/environ`, 'utf8').split('\0');
          const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
          return environment.includes(`REELSCALE_HOME=${this.home}`) && command !== '' && pattern.test(command)
            ? [{ pid: Number(name), command }]
            : [];
        } catch {
          return [];
        }
      });
  }

  kill(pattern?: RegExp, signal: NodeJS.Signals = 'SIGKILL'): number {
    const found = this.processes(pattern);
    for (const { pid } of found) {
      try {
        process.kill(pid, signal);
      } catch {
        // It ended by itself meanwhile.
      }
    }
    return found.length;
  }
}

/** Waits for a state, not for a time: fails only when it is never reached. */
export async function eventually<T>(
  what: string,
  check: () => T | undefined | false | Promise<T | undefined | false>,
  seconds = 240,
): Promise<T> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never happened: ${what}`);
}

/** Digest of every decoded picture of a file, in order. */
export async function pictureDigest(file: string): Promise<string> {
  const { stdout } = await execa('ffmpeg', argv`-v error -i file:${file} -map 0:v:0 -fps_mode passthrough -f md5 -`);
  return stdout.trim();
}

/** Frames that decode, not what a header says. */
export async function decodedFrames(file: string, stream = 'v:0'): Promise<number> {
  const { stdout } = await execa(
    'ffprobe',
    argv`
    -v error -select_streams ${stream} -count_frames -show_entries stream=nb_read_frames -of default=nk=1:nw=1
    file:${file}
  `,
  );
  return Number(stdout.trim());
}
