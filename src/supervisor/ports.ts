import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { homeLayout, identityOf } from '../client/connection/home.js';
import { overlookDamage, readJson, replaceJson } from '../lib/durable.js';
import { hasCode } from '../lib/systemErrors.js';

const portsSchema = z.object({ grpc: z.number().int().positive(), home: z.string() });

/** A server that was just killed may hold its port for a moment. */
const WAIT_MS = 3000;

/**
 * The port of 127.0.0.1 at which the embedded server is reached, chosen once for a state folder and kept as long as
 * nobody else takes it. A copy of the folder chooses its own: workers of the original, whose server starts again, must
 * not meet the copy's there.
 */
export async function chosenPort(home: string): Promise<number> {
  const file = homeLayout(home).ports;
  const known = await readJson(file, portsSchema).catch(overlookDamage);
  const self = await identityOf(home);
  if (known?.home === self && (await becomesFree(known.grpc))) return known.grpc;
  const grpc = await freePort();
  await replaceJson(file, { grpc, home: self });
  return grpc;
}

async function becomesFree(port: number): Promise<boolean> {
  for (const until = Date.now() + WAIT_MS; ; await sleep(100)) {
    const server = await listen(port).catch((error: unknown) => {
      if (!hasCode(error, 'EADDRINUSE', 'EACCES')) throw error;
    });
    if (server) {
      await close(server);
      return true;
    }
    if (Date.now() > until) return false;
  }
}

async function freePort(): Promise<number> {
  const server = await listen(0);
  const { port } = server.address() as net.AddressInfo;
  await close(server);
  return port;
}

function listen(port: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

const close = (server: net.Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
