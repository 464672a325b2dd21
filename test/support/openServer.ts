import { Client, type Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll } from 'vitest';
import { prepareHome } from '../../src/client/connection/home.js';
import { connectWhenReady } from '../../src/client/connection/temporalConnection.js';
import { type EmbeddedServer, startOpenServer } from '../../src/supervisor/embeddedServer.js';
import { scratchHome } from './home.js';

/**
 * A real server for a test file, as the time-skipping one fails on the cancellation of an activity that has just
 * ended.
 */
export async function openServer(): Promise<{ readonly client: Client; readonly native: NativeConnection }> {
  const config = await scratchHome();
  let server: EmbeddedServer;
  let connection: Connection;
  let native: NativeConnection;
  beforeAll(async () => {
    prepareHome(config.home);
    server = await startOpenServer(config, () => undefined);
    connection = await connectWhenReady(config, server.address, AbortSignal.timeout(120_000));
    native = await NativeConnection.connect({ address: server.address });
  });
  afterAll(async () => {
    await native?.close();
    await connection?.close();
    await server?.child.stop(5000);
  });
  return {
    get client() {
      return new Client({ connection });
    },
    get native() {
      return native;
    },
  };
}
