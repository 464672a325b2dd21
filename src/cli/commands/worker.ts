import { loadConfig } from '../../../temporal.config.js';
import { UserError } from '../../lib/errors.js';
import { createLogger } from '../../worker/logger.js';
import { runWorkerGroup } from '../../worker/workerGroup.js';
import { EXIT } from '../exit.js';
import { stopSignal } from '../stopSignal.js';
import { parseWorkerFlags } from '../workerFlags.js';

const logger = createLogger({});
const log = (line: string): void => {
  logger.info(line);
};

/** Workers for a server elsewhere, one process for each device, until Ctrl-C. */
export async function worker(options: unknown): Promise<number> {
  const { roles, healthFile } = parseWorkerFlags(options);
  const config = loadConfig();
  if (config.temporalAddress === undefined)
    throw new UserError('a worker by itself needs a Temporal server: set TEMPORAL_ADDRESS, or use reelscale up');
  await runWorkerGroup(roles, config, { signal: stopSignal(), log, ...(healthFile !== undefined && { healthFile }) });
  return EXIT.done;
}
