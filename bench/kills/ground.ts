import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa, execaSync } from 'execa';
import { argv } from '../../src/lib/argv.js';
import { BenchHome, cleaningUp } from '../support/home.js';

/** Seconds, short enough that a thousand interruptions fit into half an hour. */
export const TIMES = { heartbeat: 3, checkpoint: 2, linger: 3 };
const MIN_FREE = 16 * 2 ** 20;
const MIB = 2 ** 20;

export type Disk = 'jobs' | 'output' | 'state';
const SIZES: Record<Disk, number> = { state: 768 * MIB, jobs: 512 * MIB, output: 256 * MIB };

/** The folders of a campaign: what the program may write to, and beside it what it must not touch. */
export class Ground {
  /** Of disks that can be filled: where they are mounted. */
  readonly disks: Partial<Record<Disk, string>>;
  readonly root: string;
  readonly home: BenchHome;
  /** Digest of every file that nobody may change, by its path. */
  readonly #untouched = new Map<string, string>();

  private constructor(root: string, home: BenchHome, disks: Partial<Record<Disk, string>>) {
    this.root = root;
    this.home = home;
    this.disks = disks;
    for (const name of [
      'user/film.mp4',
      'user/.config/settings.json',
      'user/work/notes.txt',
      'beside/state.json',
      'beside/deep/er/part.nut',
      'cwd/file',
    ]) {
      this.write(name, Buffer.from(`${name} of a user\n`));
    }
  }

  static async create(): Promise<Ground> {
    const root = mkdtempSync(path.join(os.tmpdir(), 'reelscale-kills-'));
    const at = (name: string): string => path.join(root, name);
    const folders: Record<Disk, string> = { state: at('home'), jobs: at('home/jobs'), output: at('out') };
    const disks: Partial<Record<Disk, string>> = {};
    for (const disk of ['state', 'jobs', 'output'] as const)
      if (mounted(folders[disk], SIZES[disk])) disks[disk] = folders[disk];
    for (const name of ['tmp', 'run', 'cwd', 'user']) mkdirSync(at(name), { mode: 0o700 });
    const home = await BenchHome.create(at('home'), {
      HOME: at('user'),
      TMPDIR: at('tmp'),
      XDG_RUNTIME_DIR: at('run'),
      REELSCALE_HEARTBEAT_SECONDS: String(TIMES.heartbeat),
      REELSCALE_CHECKPOINT_SECONDS: String(TIMES.checkpoint),
      REELSCALE_LINGER_SECONDS: String(TIMES.linger),
      REELSCALE_MIN_FREE_BYTES: String(MIN_FREE),
    });
    return new Ground(root, home, disks);
  }

  at(name: string): string {
    return path.join(this.root, name);
  }

  folder(name: string): void {
    mkdirSync(this.at(name), { recursive: true });
  }

  /** A file that must stay as it is. */
  write(name: string, bytes: Uint8Array): string {
    const file = this.at(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    this.keep(name);
    return file;
  }

  /** From now on a file must stay as it is. */
  keep(name: string): void {
    this.#untouched.set(this.at(name), digestOf(this.at(name)));
  }

  /** Starts a command of the program, in a folder that is none of its business. */
  start(args: string[]) {
    return this.home.start(args, this.at('cwd'));
  }

  /** A source of its own: the same frames in a file of another digest, so that no job finds another's parts. */
  async source(clip: string, name: string, mark: string): Promise<string> {
    const file = this.at(name);
    mkdirSync(path.dirname(file), { recursive: true });
    if (/\.(mp4|mov)$/.test(clip)) {
      const free = Buffer.alloc(40);
      free.writeUInt32BE(free.length);
      free.write(`free${mark}`, 4);
      return this.write(name, Buffer.concat([readFileSync(clip), free]));
    }
    await execa('ffmpeg', argv`-v error -i file:${clip} -map 0 -c copy -metadata comment=${mark} file:${file}`);
    this.keep(name);
    return file;
  }

  /**
   * Fills a disk but for some bytes. @returns a function that makes room again; undefined where the disk cannot be
   * filled.
   */
  fill(disk: Disk, leave: number): (() => void) | undefined {
    const folder = this.disks[disk];
    if (folder === undefined) return undefined;
    const filler = path.join(folder, '.filler');
    const file = openSync(filler, 'w');
    const block = Buffer.alloc(MIB);
    try {
      for (let free = freeBytes(folder); free > leave; free = freeBytes(folder))
        writeSync(file, block, 0, Math.min(MIB, free - leave));
    } catch {
      // Full before the last block was written, which is what was wanted.
    } finally {
      closeSync(file);
    }
    return () => {
      rmSync(filler, { force: true });
    };
  }

  /** What is not as it was outside of state and output, and what was left in the folder for temporary files. */
  touched(): string[] {
    const ours = ['home', 'out'].map((name) => this.at(name));
    const found = filesBelow(this.root, ours);
    const wrong = found
      .filter((file) => this.#untouched.get(file) !== digestOf(file))
      .map((file) => `${file} was made or changed`);
    const gone = [...this.#untouched.keys()].filter((file) => !existsSync(file)).map((file) => `${file} is gone`);
    return [...wrong, ...gone];
  }

  async remove(): Promise<void> {
    await this.home.kill();
    for (const folder of [this.disks.jobs, this.disks.state, this.disks.output])
      if (folder) execaSync('umount', ['-l', folder], { reject: false, stdio: 'ignore' });
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Gives a campaign its folders, which are removed afterwards with every process that worked there. */
export async function onGround<T>(work: (ground: Ground) => Promise<T>): Promise<T> {
  const ground = await Ground.create();
  return cleaningUp(
    () => ground.remove(),
    () => work(ground),
  );
}

function mounted(folder: string, size: number): boolean {
  mkdirSync(folder, { recursive: true });
  return !execaSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder], {
    reject: false,
    stdio: 'ignore',
  }).failed;
}

const freeBytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** Sockets and pipes count too: their digest is never that of a file. */
function digestOf(file: string): string {
  const info = statSync(file);
  return info.isFile()
    ? `${info.mtimeMs} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`
    : 'no file';
}

/** For temporary files and sockets. */
const EMPTY = ['tmp', 'run'];

/** Other empty folders count as files: somebody has made them. */
function filesBelow(folder: string, without: readonly string[]): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (without.includes(file)) return [];
    const inside = entry.isDirectory() ? filesBelow(file, without) : [file];
    return inside.length > 0 || EMPTY.includes(path.basename(file)) ? inside : [file];
  });
}
