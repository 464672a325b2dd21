import type { Config } from '../../temporal.config.js';
import { homeLayout } from './home.js';
import { keepRunning, type KeptChild } from './keptChild.js';
import { chosenPorts } from './ports.js';
import { SEARCH_ATTRIBUTES } from './searchAttributes.js';
import { provideTemporal } from './temporalBinary.js';

export interface EmbeddedServer {
  /** `127.0.0.1:<port>`; the same after a restart. */
  address: string;
  uiUrl: string;
  child: KeptChild;
}

/**
 * One partition for each task queue: with the four that are usual, each is in order by itself and a worker asks any of them, so that
 * priorities mean little. A machine's own server has no use for more.
 */
const DYNAMIC_CONFIG = { 'matching.numTaskqueueReadPartitions': 1, 'matching.numTaskqueueWritePartitions': 1 };

/** Starts Temporal's dev server over the state folder's database. It may not answer yet. */
export async function startEmbeddedServer(config: Pick<Config, 'home' | 'namespace'>, log: (line: string) => void): Promise<EmbeddedServer> {
  const tool = await provideTemporal(config.home, log);
  const ports = await chosenPorts(config.home);
  const layout = homeLayout(config.home);
  const args = [
    'server', 'start-dev',
    '--ip', '127.0.0.1', '--port', String(ports.grpc), '--ui-ip', '127.0.0.1', '--ui-port', String(ports.ui),
    '--db-filename', layout.database,
    '--namespace', config.namespace,
    '--log-level', 'warn',
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([name, value]) => ['--dynamic-config-value', `${name}=${value}`]),
    ...Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
  const child = keepRunning({ name: 'the Temporal server', tool, args, logFile: layout.log('temporal') }, log);
  return { address: `127.0.0.1:${ports.grpc}`, uiUrl: `http://127.0.0.1:${ports.ui}`, child };
}
