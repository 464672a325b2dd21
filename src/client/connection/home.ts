import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readdirSync, type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../../temporal.config.js';
import { UserError } from '../../lib/errors.js';
import { hasCode, ignoreUnreachable } from '../../lib/systemErrors.js';
import { keepPrivate } from '../../lib/umask.js';
import { TEMPORAL_VERSION } from './temporalVersion.js';

/** Files of the state folder that belong to the supervisor. */
export function homeLayout(home: string) {
  const run = path.join(home, 'run');
  return {
    run,
    logs: path.join(home, 'logs'),
    bin: path.join(home, 'bin'),
    announcement: path.join(run, 'supervisor.json'),
    ports: path.join(run, 'ports.json'),
    /** Certificate and key of the embedded server's door. */
    tls: path.join(home, 'tls'),
    detached: path.join(run, 'detached.json'),
    /** Named after the server's version, since an older server cannot read a newer one's schema. */
    database: path.join(home, `temporal-${TEMPORAL_VERSION}.db`),
    log: (name: string) => path.join(home, 'logs', `${name}.log`),
  };
}

/** Which folder this is, whatever it is called: a moved or linked state folder is the same one, a copy is another. */
export async function identityOf(home: string): Promise<string> {
  const { dev, ino } = await stat(home, { bigint: true });
  return `${dev}:${ino}`;
}

/**
 * For every process before it touches the state folder: what it makes there is the user's alone, and what was open to
 * others no longer is.
 * @throws UserError where the state folder is another user's or no folder.
 */
export function openHome({ home, roots }: Pick<Config, 'home' | 'roots'>): void {
  const inside = (root: string): boolean => root.startsWith(home + path.sep);
  keepPrivate(!inside(roots.jobs) || !inside(roots.models));
  const found = statOf(home);
  if (!found) return;
  const advice = 'set REELSCALE_HOME to a folder of your own';
  if (!found.isDirectory()) throw new UserError(`the state folder ${home} is no folder: ${advice}`);
  if (isOfSudoUser(found))
    throw new UserError(
      `the state folder ${home} is that of the user who called sudo: run the command without sudo, or ${advice}`,
    );
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    throw new UserError(
      found.uid === process.getuid?.()
        ? `the state folder ${home} cannot be written: ${advice}`
        : `the state folder ${home} belongs to another user (id ${found.uid}): ${advice}`,
    );
  }
  narrow(home, found);
}

function statOf(home: string): Stats | undefined {
  try {
    return statSync(home);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new UserError(
      `the state folder ${home} cannot be reached (${(error as Error).message.split(',')[0] ?? ''}): ` +
        'set REELSCALE_HOME to a folder of your own',
    );
  }
}

/** What root leaves there the user could not change afterwards. */
const isOfSudoUser = ({ uid }: Stats): boolean =>
  process.getuid?.() === 0 && uid !== 0 && String(uid) === process.env['SUDO_UID'];

/**
 * Takes from others what earlier versions, or another umask, gave them. A folder that is plainly for more than our
 * state is left as it is, and what we have in it is not.
 */
function narrow(home: string, found: Stats): void {
  const common = (found.mode & 0o1000) !== 0 || home === path.parse(home).root || home === process.env['HOME'];
  if (!common) close(home, found);
  for (const name of ['run', 'logs', 'jobs', 'models', 'bin']) close(path.join(home, name));
  const { run, logs } = homeLayout(home);
  const names = (folder: string, ours: RegExp): string[] =>
    listed(folder)
      .filter((name) => ours.test(name))
      .map((name) => path.join(folder, name));
  for (const file of [
    ...names(home, /^temporal-[\d.]+\.db/),
    ...names(run, /\.json$/),
    ...names(logs, /\.log(\.1)?$/),
  ])
    close(file);
}

const listed = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch (error) {
    // In what we may not enter, nothing of ours can be narrowed either.
    return ignoreUnreachable(error) ?? [];
  }
};

/** Never through a link: what lies elsewhere keeps its mode. */
function close(file: string, known?: Stats): void {
  const found = known ?? lstatSync(file, { throwIfNoEntry: false });
  if (!found || found.isSymbolicLink() || (found.mode & 0o077) === 0 || found.uid !== process.getuid?.()) return;
  chmodSync(file, found.mode & 0o700);
}

/**
 * Makes what a supervisor needs of the state folder.
 * @throws UserError where the folder would have its supervisor or its database in common with another one, as a copy
 * made of links does.
 */
export function prepareHome(home: string): void {
  const { run, logs, database } = homeLayout(home);
  // The socket lies there: other users may not reach it.
  for (const folder of [home, run, logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (lstatSync(run).isSymbolicLink())
    throw new UserError(
      `${run} is a link: two state folders would disturb each other there; remove it, a folder is made instead`,
    );
  const base = lstatSync(database, { throwIfNoEntry: false });
  if (base && (!base.isFile() || base.nlink > 1))
    throw new UserError(
      `${database} is ` +
        `${base.nlink > 1 && base.isFile() ? 'also a file elsewhere (a hard link)' : 'no file of its own'}: ` +
        'two servers would damage it; copy it, or move it away',
    );
}
