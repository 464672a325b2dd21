import path from 'node:path';
import type { Config } from '../../temporal.config.js';
import { removeSocket, socketPath } from '../client/connection/announcement.js';
import { homeLayout } from '../client/connection/home.js';
import { SEARCH_ATTRIBUTES } from '../client/connection/searchAttributes.js';
import type { ServerTls } from '../client/connection/serverTls.js';
import { entryFile } from '../lib/project.js';
import { type KeptChild, keepRunning } from '../worker/keptChild.js';
import { provideServerTls } from '../worker/provideServerTls.js';
import { inOwnNetwork, whyNoNamespace } from './namespace.js';
import { chosenPort } from './ports.js';
import { INNER_SERVER, openDoor } from './serverDoor.js';
import { provideTemporal } from './temporalBinary.js';

export interface EmbeddedServer {
  /** `127.0.0.1:<port>`; the same after a restart. */
  address: string;
  /** Undefined where the server itself listens at the address, for everybody on this machine. */
  tls: ServerTls | undefined;
  child: KeptChild;
}

/**
 * One partition for each task queue: with the four that are usual, each is in order by itself and a worker asks any of
 * them, so that priorities mean little. A machine's own server has no use for more. Its HTTP API answers nobody: it
 * would take what a web page posts.
 */
const DYNAMIC_CONFIG = {
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'frontend.httpAllowedHosts': '["nobody.invalid"]',
};

/** Of the server in a network of its own, where nobody else is. */
const INNER_PORT = 7233;

/**
 * Starts Temporal's dev server over the state folder's database. It may not answer yet. The server asks nobody who
 * they are: where the system allows it, it runs in a network of its own, and only who has the state folder's key is
 * let in.
 * @param notice takes a line for the user where everybody on this machine can reach it.
 */
export async function startEmbeddedServer(
  config: Pick<Config, 'home' | 'namespace'>,
  { log, notice }: Record<'log' | 'notice', (line: string) => void>,
): Promise<EmbeddedServer> {
  const tool = await provideTemporal(config.home, log);
  const open = await whyNoNamespace(config.home);
  if (open !== undefined) {
    notice(openLine(open));
    return startOpenServer(config, log);
  }
  const port = await chosenPort(config.home);
  const socket = await innerSocket(config.home);
  const inner = ['--port', String(INNER_PORT), '--socket', socket, '--', tool, ...serverArgs(config, INNER_PORT)];
  const [file, args] = inOwnNetwork(process.execPath, [entryFile('supervisor/innerServer.js')]);
  const tls = await provideServerTls(config.home);
  const door = await openDoor(port, tls, socket);
  const child = keepRunning(
    { ...common(config), tool: file, args, env: { ...process.env, [INNER_SERVER]: JSON.stringify(inner) } },
    log,
  );
  return {
    address: `127.0.0.1:${port}`,
    tls,
    child: {
      get pid() {
        return child.pid;
      },
      async stop(graceMs) {
        await child.stop(graceMs);
        await door.close();
        await removeSocket(socket);
      },
    },
  };
}

/** Starts the server at a port of its own, for everybody on this machine. */
export async function startOpenServer(
  config: Pick<Config, 'home' | 'namespace'>,
  log: (line: string) => void,
): Promise<EmbeddedServer> {
  const tool = await provideTemporal(config.home, log);
  const port = await chosenPort(config.home);
  return {
    address: `127.0.0.1:${port}`,
    tls: undefined,
    child: keepRunning({ ...common(config), tool, args: serverArgs(config, port) }, log),
  };
}

const common = ({ home }: Pick<Config, 'home'>) => ({
  name: 'the Temporal server',
  logFile: homeLayout(home).log('temporal'),
});

export const openLine = (reason: string): string =>
  'every user of this machine can reach the embedded Temporal server, ' +
  `since it can have no network of its own (${reason}): see SECURITY.md`;

const serverArgs = ({ home, namespace }: Pick<Config, 'home' | 'namespace'>, port: number): string[] => [
  'server',
  'start-dev',
  // The Web UI would show it to everybody, and let them work on it.
  '--ip',
  '127.0.0.1',
  '--port',
  String(port),
  '--headless',
  '--db-filename',
  homeLayout(home).database,
  '--namespace',
  namespace,
  '--log-level',
  'warn',
  ...Object.entries(DYNAMIC_CONFIG).flatMap(([name, value]) => ['--dynamic-config-value', `${name}=${value}`]),
  ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
];

/** Of a supervisor that was killed it is there still, and replaced. */
async function innerSocket(home: string): Promise<string> {
  const own = path.join(homeLayout(home).run, 'temporal.sock');
  return Buffer.byteLength(own) < 100 ? own : socketPath(home);
}
