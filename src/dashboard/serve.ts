import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { z } from 'zod';
import type { Config } from '../../temporal.config.js';
import { hasCode } from '../lib/durable.js';
import { UserError } from '../lib/errors.js';
import { Doer } from './actions.js';
import { createApp } from './app.js';
import { loadAssets } from './assets.js';
import { BatchDoer } from './batchActions.js';
import { Details } from './detail.js';
import { isLoopback } from './guard.js';
import type { Link } from './link.js';
import { Board } from './liveState.js';
import { Pictures } from './pictures.js';
import { ownToken, readToken } from './token.js';

/** Asked for first where no port was given, so that a bookmark holds; any free one where somebody has it. */
const USUAL_PORT = 8420;

/** Where to listen, as flags or the environment say. */
export interface Place {
  host: string;
  port: number | undefined;
  /** What must be said to come in, and the file that somebody keeps it in; undefined: it is the state folder's own. */
  token: string;
  tokenFile: string | undefined;
}

/** @throws UserError where the dashboard would be open to other machines with a token that only its state folder knows, and where a token's file cannot be used. */
export async function placeOf(home: string, { host, port, tokenFile }: { host: string; port: number | undefined; tokenFile: string | undefined }): Promise<Place> {
  if (tokenFile === undefined && !isLoopback(host)) throw new UserError(`listening on ${host} needs a token of your own: make one with (umask 077; openssl rand -hex 32 > FILE), and give --token-file FILE`);
  return { host, port, tokenFile, token: tokenFile === undefined ? await ownToken(home) : await readToken(tokenFile) };
}

/** What people are told: where it is, and how they come in. A token that somebody keeps in a file is not printed. */
export const invitation = ({ url }: Dashboard, { token, tokenFile }: Place): string =>
  (tokenFile === undefined ? `open ${url}?token=${token}` : `its token is in ${tokenFile}`);

/** What the page's process says to the one that keeps it. */
export const listeningSchema = z.object({ port: z.number().int().min(1).max(65_535) });

export interface Dashboard {
  /** Where it is, with a slash at the end. */
  url: string;
  port: number;
  close(): Promise<void>;
}

/**
 * Serves the dashboard until it is closed.
 * @param link is closed with it.
 * @throws UserError when the port is taken.
 */
export async function serveDashboard(config: Config, place: Place, link: Link, log: (line: string) => void): Promise<Dashboard> {
  const board = new Board(config, link);
  const names = { loopback: isLoopback(place.host), allowed: [...config.dashboard.names, ...(/[a-z]/i.test(place.host) ? [place.host] : [])] };
  const app = createApp({
    config, board, names, log,
    assets: await loadAssets(),
    details: new Details(config, board, link),
    pictures: new Pictures(config, board),
    doer: new Doer(config, board, link),
    batchDoer: new BatchDoer(config, board, link),
    token: place.token,
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await listen(server, place);
  await board.start();
  const { port } = server.address() as AddressInfo;
  const host = ['0.0.0.0', '::'].includes(place.host) ? 'localhost' : place.host.includes(':') ? `[${place.host}]` : place.host;
  return {
    url: `http://${host}:${port}/`,
    port,
    async close() {
      server.close();
      server.closeAllConnections();
      await board.stop();
      await link.close();
    },
  };
}

async function listen(server: Server, { host, port }: Place): Promise<void> {
  try {
    await once(server, port ?? USUAL_PORT, host);
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE') && port === undefined) return once(server, 0, host);
    if (hasCode(error, 'EADDRINUSE')) throw new UserError(`port ${port} on ${host} is taken: choose another with --port`);
    if (hasCode(error, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN')) throw new UserError(`${host} is no address of this machine: choose another --host`);
    if (hasCode(error, 'EACCES')) throw new UserError(`port ${port} may not be used: choose one from 1024 on`);
    throw error;
  }
}

function once(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
