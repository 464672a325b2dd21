import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';

/** The Python sources beside this file; this file itself runs from dist. */
const scripts = path.resolve(import.meta.dirname, '../../../tools/parity');

/** The pinned packages are for 3.10 and 3.11. */
const PYTHONS = ['python3.11', 'python3.10', 'python3'];

/** Makes a virtual environment with PyTorch and the published code, once, and returns its Python. */
export async function makeEnvironment(folder: string): Promise<string> {
  const python = path.join(folder, 'bin/python');
  const ready = path.join(folder, 'ready');
  if (existsSync(ready)) return python;
  console.log(`making a Python environment in ${folder} (3 GB, once)`);
  await mkdir(folder, { recursive: true });
  await run(await somePython(), ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await run(python, [...pip, '-r', path.join(scripts, 'requirements.txt')]);
  await run(python, [...pip, '--no-deps', '-r', path.join(scripts, 'published.txt')]);
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
