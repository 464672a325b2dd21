import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import type { ServerTls } from '../client/connection/serverTls.js';

const HANDSHAKE_MS = 10_000;

/** The variable that tells innerServer.js what to do. */
export const INNER_SERVER = 'REELSCALE_INNER_SERVER';

export interface Door {
  close(): Promise<void>;
}

/**
 * Lets in on 127.0.0.1 who has the state folder's key, and hands the connection on to the Unix socket of the server,
 * whose own ports nobody can reach. TLS 1.3 with a certificate at both ends.
 */
export async function openDoor(port: number, { ca, cert, key }: ServerTls, socket: string): Promise<Door> {
  const open = new Set<Socket>();
  const server = tls.createServer(
    {
      ca,
      cert,
      key,
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.3',
      handshakeTimeout: HANDSHAKE_MS,
    },
    (client) => {
      joinSockets(client, net.connect(socket));
    },
  );
  server.on('connection', (client: Socket) => {
    open.add(client);
    client.once('close', () => {
      open.delete(client);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  // Nothing of a client that is refused, or goes away in the middle, concerns this process.
  server.on('tlsClientError', () => undefined);
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const client of open) client.destroy();
      await closed;
    },
  };
}

/** Hands the bytes of each on to the other until one of them ends. */
export function joinSockets(a: Socket, b: Socket): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.setNoDelay(true);
    from.on('error', () => undefined);
    from.once('close', () => {
      to.destroy();
    });
    from.pipe(to);
  }
}
