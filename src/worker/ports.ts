import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readJson, replaceJson } from '../job/durable.js';
import { homeLayout, identityOf } from './home.js';

const portsSchema = z.object({ grpc: z.number().int().positive(), ui: z.number().int().positive(), home: z.string() });
export type Ports = Omit<z.infer<typeof portsSchema>, 'home'>;

/** A server that was just killed may hold its port for a moment. */
const WAIT_MS = 3000;

/**
 * Ports of the embedded server on 127.0.0.1, chosen once for a state folder and kept as long as nobody else takes them. A copy of the
 * folder chooses its own: workers of the original, whose server starts again, must not meet the copy's there.
 */
export async function chosenPorts(home: string): Promise<Ports> {
  const file = homeLayout(home).ports;
  const known = await readJson(file, portsSchema).catch(() => undefined);
  const self = await identityOf(home);
  if (known?.home === self && (await becomesFree(known.grpc)) && (await becomesFree(known.ui))) return { grpc: known.grpc, ui: known.ui };
  const [grpc, ui] = await freePorts();
  await replaceJson(file, { grpc, ui, home: self });
  return { grpc, ui };
}

async function becomesFree(port: number): Promise<boolean> {
  for (const until = Date.now() + WAIT_MS; ; await sleep(100)) {
    const server = await listen(port).catch(() => undefined);
    if (server) {
      await close(server);
      return true;
    }
    if (Date.now() > until) return false;
  }
}

/** Two different ports: both are held before either is let go. */
async function freePorts(): Promise<[number, number]> {
  const servers = [await listen(0), await listen(0)] as const;
  const [a, b] = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map(close));
  return [a as number, b as number];
}

function listen(port: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => { resolve(server); });
  });
}

const close = (server: net.Server): Promise<void> => new Promise((resolve) => { server.close(() => { resolve(); }); });
