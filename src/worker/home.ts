import { lstatSync, mkdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../job/errors.js';
import { TEMPORAL_VERSION } from './temporalBinary.js';

/** Files of the state folder that belong to the supervisor. */
export function homeLayout(home: string) {
  const run = path.join(home, 'run');
  return {
    run,
    logs: path.join(home, 'logs'),
    bin: path.join(home, 'bin'),
    announcement: path.join(run, 'supervisor.json'),
    ports: path.join(run, 'ports.json'),
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
 * Makes what a supervisor needs of the state folder.
 * @throws UserError where the folder would have its supervisor or its database in common with another one, as a copy made of links does.
 */
export function prepareHome(home: string): void {
  const { run, logs, database } = homeLayout(home);
  mkdirSync(logs, { recursive: true });
  // The socket lies there: other users may not reach it.
  mkdirSync(run, { recursive: true, mode: 0o700 });
  if (lstatSync(run).isSymbolicLink()) throw new UserError(`${run} is a link: two state folders would disturb each other there; remove it, a folder is made instead`);
  const base = lstatSync(database, { throwIfNoEntry: false });
  if (base && (!base.isFile() || base.nlink > 1)) throw new UserError(`${database} is ${base.nlink > 1 && base.isFile() ? 'also a file elsewhere (a hard link)' : 'no file of its own'}: two servers would damage it; copy it, or move it away`);
}
