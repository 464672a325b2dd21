import '../lib/sourceTraces.js';
import { loadConfig } from '../../temporal.config.js';
import { openHome } from '../client/connection/home.js';
import { createLogger } from '../worker/logger.js';
import { runSupervisor } from './supervisor.js';

/** The background supervisor's process: stdout and stderr are its log. */
const logger = createLogger({ role: 'supervisor' });
const log = (line: string): void => {
  logger.info(line);
};

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => {
    stop.abort();
  });

try {
  const config = loadConfig();
  openHome(config);
  const other = await runSupervisor(config, { background: true, signal: stop.signal, log });
  log(other ? `the supervisor with process id ${other} is there already` : 'ended');
  process.exit(0);
} catch (error) {
  logger.error((error as Error).message);
  process.exit(1);
}
