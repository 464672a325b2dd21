import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import { clientTls, readServerTls, type ServerTls } from './serverTls.js';
import type { SupervisorInfo } from './supervisorProtocol.js';

/** It takes half a second of processor to load: only for what talks to a server. */
export const loadClient = () => import('./temporalClient.js');

/** Jobs of the last three months stay visible; the dev server's default is one day. */
const RETENTION_DAYS = 90;

/**
 * How a command reaches the server that its supervisor serves. @throws UserError where the state folder's key cannot
 * be trusted.
 */
export async function connectToServer(
  config: Pick<Config, 'temporalConnection' | 'home'>,
  { temporalAddress, temporalTls }: Pick<SupervisorInfo, 'temporalAddress' | 'temporalTls'>,
): Promise<Connection> {
  const tls = temporalTls ? clientTls(await readServerTls(config.home)) : undefined;
  const { Connection } = await loadClient();
  return Connection.connect({ ...config.temporalConnection, address: temporalAddress, ...(tls && { tls }) });
}

/**
 * Waits until the server answers for the namespace. @param tls of the embedded server. @throws the signal's reason.
 */
export async function connectWhenReady(
  config: Pick<Config, 'temporalConnection' | 'namespace'>,
  address: string,
  signal: AbortSignal,
  tls?: ServerTls,
): Promise<Connection> {
  const { Connection } = await loadClient();
  const connection = Connection.lazy({ ...config.temporalConnection, address, ...(tls && { tls: clientTls(tls) }) });
  try {
    for (let delay = 50; ; delay = Math.min(delay * 1.5, 1000)) {
      signal.throwIfAborted();
      try {
        await connection.withDeadline(Date.now() + 3000, () =>
          connection.workflowService.describeNamespace({ namespace: config.namespace }),
        );
        return connection;
      } catch {
        await sleep(delay, undefined, { signal });
      }
    }
  } catch (error) {
    await connection.close();
    signal.throwIfAborted();
    throw error;
  }
}

export async function keepHistories(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    config: { workflowExecutionRetentionTtl: { seconds: (RETENTION_DAYS * 86_400) as unknown as Long } },
  });
}
