import '../lib/sourceTraces.js';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../temporal.config.js';
import { openHome } from '../client/connection/home.js';
import { UserError } from '../lib/errors.js';
import { parseWorkerDevice } from '../runtime/devices.js';
import { createLogger } from './logger.js';
import type { Role } from './role.js';
import { runWorker } from './runWorker.js';
import type { FromWorker } from './workers.js';

/**
 * A worker's process: `--role control | encode | upscale --device NAME [--tags a,b]`. It ends in order on
 * SIGTERM, SIGINT or its supervisor's word, at once on a second signal, and when its supervisor is gone.
 */
const shutdown = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (shutdown.signal.aborted) process.exit(130);
    shutdown.abort();
  });
}
process.on('message', () => {
  shutdown.abort();
});
process.on('disconnect', () => {
  process.exit(1);
});

const tell = (message: FromWorker): void => {
  process.send?.(message);
};

function readRole(): Role {
  const { values } = parseArgs({
    options: {
      role: { type: 'string' },
      device: { type: 'string', default: 'cpu' },
      tags: { type: 'string', default: '' },
    },
  });
  if (values.role === 'control' || values.role === 'encode') return { name: values.role };
  if (values.role !== 'upscale') throw new UserError('--role must be control, encode or upscale');
  parseWorkerDevice(values.device);
  return { name: 'upscale', device: values.device, tags: values.tags.split(',').filter((tag) => tag !== '') };
}

let logger = createLogger({});
try {
  const role = readRole();
  logger = createLogger({ role: role.name, ...(role.name === 'upscale' && { device: role.device }) });
  const config = loadConfig();
  openHome(config);
  await runWorker(role, config, logger, shutdown.signal, () => {
    logger.info('ready');
    tell({ type: 'ready' });
  });
  process.exit(0);
} catch (error) {
  const { message } = error as Error;
  if (error instanceof UserError) logger.error(message);
  else logger.error({ err: error }, message);
  if (error instanceof UserError) tell({ type: 'problem', message });
  process.exitCode = 1;
  if (process.connected) process.disconnect();
}
