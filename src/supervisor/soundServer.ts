import type { Connection } from '@temporalio/client';
import type { Config } from '../../temporal.config.js';
import { homeLayout } from '../client/connection/home.js';
import { logTail } from '../client/connection/logFile.js';
import { connectWhenReady, keepHistories } from '../client/connection/temporalConnection.js';
import { withLimit } from '../lib/limit.js';
import { asideLine, DatabaseWatch, putAside } from './databaseDamage.js';
import { type EmbeddedServer, startEmbeddedServer } from './embeddedServer.js';

export const SERVER_GRACE_MS = 10_000;
export const START_MS = 60_000;
const LOOK_MS = 250;

export interface SoundServer {
  server: EmbeddedServer;
  connection: Connection;
  /** Damage may also show later, when what is damaged is read for the first time. */
  watch: DatabaseWatch;
}

export interface SoundServerOptions {
  signal: AbortSignal;
  log: (line: string) => void;
  notice: (line: string) => void;
  /** It does not answer yet, and may be replaced by one at the same address. */
  onStarted: (server: EmbeddedServer) => void;
}

class Damaged extends Error {}

/**
 * Starts the embedded server and waits until it answers. A database that is damaged is put aside, and the server
 * begins with an empty one.
 * @throws when it does not answer within a minute; the signal's reason.
 */
export async function startSoundServer(
  config: Config,
  { signal, log, notice, onStarted }: SoundServerOptions,
): Promise<SoundServer> {
  for (let first = true; ; first = false) {
    const watch = new DatabaseWatch(config.home);
    const server = await startEmbeddedServer(config, { log, notice });
    if (first) onStarted(server);
    try {
      return { server, connection: await answering(config, server, watch, signal), watch };
    } catch (error) {
      await server.child.stop(SERVER_GRACE_MS);
      if (!(error instanceof Damaged)) throw error;
      if (!first) throw new Error(`the Temporal server cannot work with a new database either: ${error.message}`);
      notice(asideLine(error.message, await putAside(config.home)));
    }
  }
}

/** @throws Damaged when the server says so, before or after it answers. */
async function answering(
  config: Config,
  server: EmbeddedServer,
  watch: DatabaseWatch,
  signal: AbortSignal,
): Promise<Connection> {
  const stop = new AbortController();
  const look = setInterval(() => {
    const damage = watch.damage();
    if (damage !== undefined) stop.abort(new Damaged(damage));
  }, LOOK_MS);
  try {
    return await withLimit(START_MS, signal, async (limited) => {
      const connection = await connectWhenReady(
        config,
        server.address,
        AbortSignal.any([limited, stop.signal]),
        server.tls,
      );
      await keepHistories(connection, config.namespace);
      return connection;
    });
  } catch (error) {
    signal.throwIfAborted();
    const damage = watch.damage();
    if (damage !== undefined) throw new Damaged(damage);
    if (error instanceof Damaged) throw error;
    const file = homeLayout(config.home).log('temporal');
    throw new Error(
      `the Temporal server does not answer for the namespace ${config.namespace} within ${START_MS / 1000} s; ` +
        `its log, ${file}, ends with: ${logTail(file, 1)}`,
      { cause: error },
    );
  } finally {
    clearInterval(look);
  }
}
