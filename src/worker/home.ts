import { mkdirSync } from 'node:fs';
import path from 'node:path';
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

export function prepareHome(home: string): void {
  const { run, logs } = homeLayout(home);
  mkdirSync(logs, { recursive: true });
  // The socket lies there: other users may not reach it.
  mkdirSync(run, { recursive: true, mode: 0o700 });
}
