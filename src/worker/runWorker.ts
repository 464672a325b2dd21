import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Runtime } from '@temporalio/worker';
import type { Config } from '../../temporal.config.js';
import { aborted } from '../lib/aborted.js';
import { type Logger, temporalLogger } from './logger.js';
import { keepGauges, telemetry } from './metrics.js';
import { createWorkers, probeRole, type Role } from './role.js';

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
  const connection = await connectPatiently(config, shutdown);
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
    keepGauges(role, config, connection, shutdown);
    onReady?.();
    await running;
  } finally {
    await connection.close();
  }
}

/** The server may start later than its workers. @returns undefined when told to stop before it answered. */
async function connectPatiently(config: Config, signal: AbortSignal): Promise<NativeConnection | undefined> {
  const stopped = aborted(signal).then(() => undefined);
  for (let delay = 100; !signal.aborted; delay = Math.min(delay * 2, 5000)) {
    try {
      const attempt = NativeConnection.connect({ ...config.temporalConnection });
      // An address that swallows packets holds the attempt, which no signal ends.
      const connection = await Promise.race([attempt, stopped]);
      if (!connection) attempt.then((late) => late.close()).catch(() => undefined);
      return connection;
    } catch {
      await sleep(delay, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
