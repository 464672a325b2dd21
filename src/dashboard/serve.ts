import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Config } from '../../temporal.config.js';
import { UserError } from '../lib/errors.js';
import { hasCode } from '../lib/systemErrors.js';
import { Actions } from './actions.js';
import { createApp } from './app.js';
import { loadAssets } from './assets.js';
import { BatchActions } from './batchActions.js';
import { Details } from './detail.js';
import type { Link } from './link.js';
import { LiveState } from './liveState.js';
import { PictureCache } from './pictureCache.js';
import { isLoopback, type Place } from './place.js';

/** Asked for first where no port was given, so that a bookmark holds; any free one where somebody has it. */
const USUAL_PORT = 8420;

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
export async function serveDashboard(
  config: Config,
  place: Place,
  link: Link,
  log: (line: string) => void,
): Promise<Dashboard> {
  const liveState = new LiveState(config, link, log);
  const names = {
    loopback: isLoopback(place.host),
    allowed: [...config.dashboard.names, ...(/[a-z]/i.test(place.host) ? [place.host] : [])],
  };
  const app = createApp({
    config,
    liveState,
    names,
    log,
    assets: await loadAssets(),
    details: new Details(config, liveState, link, log),
    pictures: new PictureCache(config, liveState),
    actions: new Actions(config, liveState, link),
    batchActions: new BatchActions(config, liveState, link),
    token: place.token,
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await listen(server, place);
  await liveState.start();
  const { port } = server.address() as AddressInfo;
  const host = ['0.0.0.0', '::'].includes(place.host)
    ? 'localhost'
    : place.host.includes(':')
      ? `[${place.host}]`
      : place.host;
  return {
    url: `http://${host}:${port}/`,
    port,
    async close() {
      server.close();
      server.closeAllConnections();
      await liveState.stop();
      await link.close();
    },
  };
}

async function listen(server: Server, { host, port }: Place): Promise<void> {
  try {
    await once(server, port ?? USUAL_PORT, host);
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE') && port === undefined) return once(server, 0, host);
    if (hasCode(error, 'EADDRINUSE'))
      throw new UserError(`port ${port} on ${host} is taken: choose another with --port`);
    if (hasCode(error, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'))
      throw new UserError(`${host} is no address of this machine: choose another --host`);
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
