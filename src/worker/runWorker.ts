import { NativeConnection, Runtime } from '@temporalio/worker';
import type { Config } from '../../temporal.config.js';
import { aborted } from '../lib/aborted.js';
import { idle } from '../lib/idle.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import { Trouble } from '../lib/trouble.js';
import { type Logger, temporalLogger } from './logger.js';
import { keepGauges, telemetry } from './metrics.js';
import { createWorkers, probeRole, type Role } from './role.js';

/** Between two attempts to reach the server, which may be starting beside its workers. */
const LONGEST_DELAY_MS = 5000;
const GROWTH = 1.3;

/**
 * Works until the signal aborts; then running activities commit the part at hand, within 20 seconds.
 * @param logger what is said of its work, the SDK's lines included.
 * @param onReady called once it polls.
 * @throws UserError when the machine lacks something that the role needs.
 */
export async function runWorker(
  role: Role,
  config: Config,
  logger: Logger,
  shutdown: AbortSignal,
  onReady?: () => void,
): Promise<void> {
  await probeRole(role);
  const telemetryOptions = await telemetry(config);
  // Signals are the caller's: it knows what else has to end.
  Runtime.install({
    shutdownSignals: [],
    logger: temporalLogger(logger),
    ...(telemetryOptions && { telemetryOptions }),
  });
  const connection = await connectPatiently(config, logger, shutdown);
  if (!connection) return;
  try {
    const workers = await createWorkers(role, config, connection, shutdown);
    const running = Promise.all(workers.map((worker) => worker.run()));
    const stop = (): void => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    if (shutdown.aborted) stop();
    else shutdown.addEventListener('abort', stop, { once: true });
    // One that fails takes the others of this process along, so that it is started again as a whole.
    running.catch(stop);
    keepGauges(role, config, connection, logger, shutdown);
    onReady?.();
    await running;
  } finally {
    await connection.close();
  }
}

/** The server may start later than its workers. @returns undefined when told to stop before it answered. */
async function connectPatiently(
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<NativeConnection | undefined> {
  const stopped = aborted(signal).then(() => undefined);
  const trouble = new Trouble((reason) => {
    logger.warn(`the server does not answer and is asked again: ${reason}`);
  });
  for (let delay = 100; !signal.aborted; delay = Math.min(delay * GROWTH, LONGEST_DELAY_MS)) {
    try {
      const attempt = NativeConnection.connect({ ...config.temporalConnection });
      // An address that swallows packets holds the attempt, which no signal ends.
      const connection = await Promise.race([attempt, stopped]);
      // Whatever becomes of it then: the worker is ending.
      if (!connection) attempt.then((late) => late.close()).catch(ignoreKnown);
      return connection;
    } catch (error) {
      // A server that starts beside its workers is no news.
      if (delay === LONGEST_DELAY_MS) trouble.met(error);
      await idle(delay, signal);
    }
  }
  return undefined;
}
