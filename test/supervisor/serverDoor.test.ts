import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { homeLayout, prepareHome } from '../../src/client/connection/home.js';
import { clientTls, readServerTls } from '../../src/client/connection/serverTls.js';
import { connectWhenReady } from '../../src/client/connection/temporalConnection.js';
import { type EmbeddedServer, startEmbeddedServer } from '../../src/supervisor/embeddedServer.js';
import { whyNoNamespace } from '../../src/supervisor/namespace.js';
import { provideServerTls } from '../../src/worker/provideServerTls.js';
import type { Config } from '../../temporal.config.js';
import { hasProc, processesOf, scratchHome } from '../support/home.js';

const open = await whyNoNamespace('/tmp');

describe.skipIf(!hasProc || open !== undefined)('the embedded server in a network of its own', () => {
  let config: Config;
  let server: EmbeddedServer;
  let connection: Connection;
  beforeAll(async () => {
    config = await scratchHome();
    prepareHome(config.home);
    server = await startEmbeddedServer(config, {
      log: () => undefined,
      notice: (line) => {
        throw new Error(line);
      },
    });
    connection = await connectWhenReady(config, server.address, AbortSignal.timeout(120_000), server.tls);
  });
  afterAll(async () => {
    await connection?.close();
    await server?.child.stop(10_000);
    expect(readdirSync(homeLayout(config.home).run).filter((name) => name.endsWith('.sock'))).toEqual([]);
  });

  const asks = async (tls?: ReturnType<typeof clientTls>): Promise<string> => {
    const asking = Connection.lazy({ address: server.address, ...(tls && { tls }) });
    try {
      return await asking
        .withDeadline(Date.now() + 3000, () => asking.workflowService.describeNamespace({ namespace: 'default' }))
        .then(
          () => 'let in',
          () => 'refused',
        );
    } finally {
      await asking.close();
    }
  };

  it('lets in who has the key of the state folder, and nobody else', async () => {
    const other = await scratchHome();
    expect(await asks(clientTls(await readServerTls(config.home)))).toBe('let in');
    expect(await asks()).toBe('refused');
    expect(await asks(clientTls(await provideServerTls(other.home)))).toBe('refused');
    // What a web page may send.
    expect(
      await fetch(`http://${server.address}/api/v1/namespaces/default/workflows/x`, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: '{}',
      }).then(
        () => 'an answer',
        () => 'none',
      ),
    ).toBe('none');
    const { tls } = homeLayout(config.home);
    expect(
      [tls, ...readdirSync(tls).map((name) => path.join(tls, name))].map((file) => statSync(file).mode & 0o077),
    ).toEqual([0, 0, 0, 0]);
  });

  it('has no port that can be reached from outside', () => {
    const pids = processesOf(config.home).filter(({ command }) => command.includes('start-dev'));
    expect(pids).toHaveLength(1);
    const namespace = (pid: number | 'self'): number => statSync(`/proc/${pid}/ns/net`).ino;
    expect(namespace(pids[0]?.pid ?? 0)).not.toBe(namespace('self'));
  });
});
