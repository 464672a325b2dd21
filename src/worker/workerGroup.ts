import type { Config } from '../../temporal.config.js';
import { configEnvironment, metricsEnvironment } from '../client/connection/environment.js';
import { aborted } from '../lib/aborted.js';
import { keepHealthFile } from './healthFile.js';
import { probeRole, type Role } from './role.js';
import { startWorker, WORKER_GRACE_MS } from './workers.js';

export interface WorkerGroupOptions {
  /** Ends the workers in order: they commit the part at hand first. */
  signal: AbortSignal;
  log: (line: string) => void;
  /** There, and renewed, while all workers of the group are at work. */
  healthFile?: string;
}

/**
 * Runs workers, each in a process of its own that is started again whenever it ends, until the signal aborts.
 * @throws UserError when the machine lacks something that one of them needs; then none is started.
 */
export async function runWorkerGroup(
  roles: Role[],
  config: Config,
  { signal, log, healthFile }: WorkerGroupOptions,
): Promise<void> {
  for (const role of roles) await probeRole(role);
  const ready = new Set<Role>();
  const health = healthFile === undefined ? undefined : keepHealthFile(healthFile, () => ready.size === roles.length);
  const env = configEnvironment(config);
  const workers = roles.map((role, n) =>
    startWorker(role, {
      env: { ...env, ...metricsEnvironment(config, n) },
      log,
      // Its own output is this process's: the line is there already.
      notice: () => undefined,
      onReady: () => {
        ready.add(role);
        log(`the ${role.name} worker${role.name === 'upscale' ? ` on ${role.device}` : ''} is ready`);
        health?.look();
      },
      onEnd: () => {
        ready.delete(role);
        health?.look();
      },
    }),
  );
  await aborted(signal);
  health?.end();
  await Promise.all(workers.map((worker) => worker.stop(WORKER_GRACE_MS)));
}
