import path from 'node:path';
import { type Config, loadConfig } from '../../../temporal.config.js';
import { configEnvironment } from '../../client/connection/environment.js';
import { listeningSchema, placeOf } from '../../dashboard/place.js';
import { UserError } from '../../lib/errors.js';
import { projectRoot } from '../../lib/project.js';
import { runSupervisor } from '../../supervisor/supervisor.js';
import { keepRunning } from '../../worker/keptChild.js';
import { createLogger } from '../../worker/logger.js';
import { EXIT } from '../exit.js';
import { print } from '../say.js';
import { stopSignal } from '../stopSignal.js';

const logger = createLogger({});
const log = (line: string): void => {
  logger.info(line);
};

/** The page needs no time to end: it has no work of its own. */
const PAGE_GRACE_MS = 3000;

/** The supervisor in the foreground, with the dashboard: it stays until Ctrl-C, whether or not somebody needs it. */
export async function up(): Promise<number> {
  const config = loadConfig();
  // What is wrong with the page's settings is said at once.
  await placeOf(config.home, config.dashboard);
  const signal = stopSignal();
  const opened: Promise<void>[] = [];
  const other = await runSupervisor(config, {
    background: false,
    signal,
    log,
    onReady: ({ temporalAddress, devices }) => {
      print(
        `Temporal at ${temporalAddress}; devices: ${devices.map(({ device }) => device).join(', ')}. Ctrl-C ends.`,
      );
      opened.push(keepDashboard(config, signal));
    },
  });
  await Promise.all(opened);
  if (other !== undefined)
    throw new UserError(
      `a supervisor is at work already, process ${other}, ` +
        'and is in use by a command or by a job in the background: ' +
        `wait until that is done, or stop it with kill ${other}; its jobs go on with the next one`,
    );
  return EXIT.done;
}

/**
 * The page in a process of its own until the signal: whatever is done to it, jobs and the supervisor go on, and it
 * starts again.
 */
async function keepDashboard(config: Config, signal: AbortSignal): Promise<void> {
  const env = configEnvironment(config);
  const child = keepRunning(
    {
      name: 'the dashboard',
      tool: process.execPath,
      args: [path.join(projectRoot, 'bin', 'reelscale'), 'dashboard'],
      env,
      // Where it listens once it stays, so that open pages find it again.
      onMessage: (message) => {
        const { data } = listeningSchema.safeParse(message);
        if (data) env['REELSCALE_DASHBOARD_PORT'] = String(data.port);
      },
    },
    log,
  );
  if (!signal.aborted)
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true });
    });
  await child.stop(PAGE_GRACE_MS);
}
