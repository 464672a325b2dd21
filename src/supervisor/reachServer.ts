import type { Connection } from '@temporalio/client';
import type { Config } from '../../temporal.config.js';
import { connectWhenReady } from '../client/connection/temporalConnection.js';
import { withLimit } from '../lib/limit.js';
import type { DatabaseWatch } from './databaseDamage.js';
import type { EmbeddedServer } from './embeddedServer.js';
import { type SoundServerOptions, START_MS, startSoundServer } from './soundServer.js';

export interface ReachedServer {
  temporalAddress: string;
  connection: Connection;
  /** Where it is the embedded one. */
  server?: EmbeddedServer;
  watch?: DatabaseWatch;
}

/**
 * Connects to the server that the configuration names, or starts the embedded one.
 * @param events.onStarted only of the embedded one.
 * @throws when it does not answer within a minute; the signal's reason.
 */
export async function reachServer(
  config: Config,
  signal: AbortSignal,
  events: Omit<SoundServerOptions, 'signal'>,
): Promise<ReachedServer> {
  const { temporalAddress } = config;
  if (!temporalAddress) {
    const sound = await startSoundServer(config, { signal, ...events });
    return { ...sound, temporalAddress: sound.server.address };
  }
  try {
    const connection = await withLimit(START_MS, signal, (starting) =>
      connectWhenReady(config, temporalAddress, starting),
    );
    return { temporalAddress, connection };
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(
      `Temporal at ${temporalAddress} does not answer for the namespace ${config.namespace} ` +
        `within ${START_MS / 1000} s`,
      { cause: error },
    );
  }
}
