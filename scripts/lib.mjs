import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');

/** A reason to stop that the user can act on; the program ends with code 2. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Runs a command with its output on stderr, so that stdout stays the caller's. @throws SetupError when it fails. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (result.error) throw new SetupError(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0)
    throw new SetupError(
      `${command} ${args.slice(0, 2).join(' ')} failed with ${result.signal ?? `code ${result.status}`}`,
    );
}

/** Runs another of the project's programs in the user's terminal. @returns its exit code. */
export function runNode(args, options = {}) {
  const result = spawnSync(process.execPath, args, { stdio: 'inherit', ...options });
  return result.status ?? 1;
}

export const readText = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // not here
    }
  }
  return undefined;
}

/**
 * SHA-256 over the names and bytes of files and of all files below folders, in order; what does not exist counts as
 * empty.
 */
export function digestOf(names) {
  const hash = createHash('sha256');
  const add = (name) => {
    const file = path.join(root, name);
    const info = statSync(file, { throwIfNoEntry: false });
    if (!info) return;
    if (info.isDirectory()) {
      for (const entry of readdirSync(file).sort()) add(path.join(name, entry));
    } else {
      hash.update(`${name}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
    }
  };
  for (const name of names) add(name);
  return hash.digest('hex');
}

export const say = (line) => process.stderr.write(`${line}\n`);

/** Runs a script's work when the script was started directly; a SetupError becomes one line and exit code 2. */
export async function main(meta, work) {
  if (!process.argv[1] || path.resolve(process.argv[1]) !== meta.filename) return;
  await exitWith(work);
}

export async function exitWith(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    say(['SetupError', 'UserError', 'WorldError'].includes(error.name) ? error.message : error.stack);
    process.exitCode = 2;
  }
}
