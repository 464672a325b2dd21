import { z } from 'zod';
import type { Config } from '../../temporal.config.js';
import { configEnvironment, metricsEnvironment } from '../client/connection/environment.js';
import { homeLayout } from '../client/connection/home.js';
import { entryFile } from '../lib/project.js';
import type { Device } from '../upscaler/devices.js';
import { type KeptChild, keepRunning } from './keptChild.js';
import type { Role } from './role.js';

/** Workers need 20 s for the part at hand, and some for the goodbye. */
export const WORKER_GRACE_MS = 25_000;

/** What a worker tells its supervisor. */
const fromWorkerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** Why it cannot work, in one line for the user. */
  z.object({ type: z.literal('problem'), message: z.string() }),
]);
export type FromWorker = z.infer<typeof fromWorkerSchema>;

export interface WorkerEvents {
  log: (line: string) => void;
  /** A line that the waiting user should see. */
  notice: (line: string) => void;
}

/**
 * Starts the three kinds of workers: control, encode, and one upscale worker for each device. @param server Temporal's
 * own variables, which say how it is reached.
 */
export function startWorkers(
  config: Config,
  server: NodeJS.ProcessEnv,
  devices: Device[],
  events: WorkerEvents,
): KeptChild[] {
  const env = { ...configEnvironment(config), ...server };
  const roles: Role[] = [
    { name: 'control' },
    { name: 'encode' },
    ...devices.map(({ device }) => ({ name: 'upscale' as const, device, tags: [] })),
  ];
  return roles.map((role, n) =>
    startWorker(role, {
      env: { ...env, ...metricsEnvironment(config, n) },
      logFile: homeLayout(config.home).log(
        `worker-${[role.name, deviceOf(role)].filter(Boolean).join('-').replaceAll(':', '')}`,
      ),
      ...events,
    }),
  );
}

const deviceOf = (role: Role): string | undefined => (role.name === 'upscale' ? role.device : undefined);

export interface WorkerProcess extends WorkerEvents {
  env: NodeJS.ProcessEnv;
  /** Undefined: it writes to this process's own output. */
  logFile?: string;
  onReady?: () => void;
  onEnd?: () => void;
}

/** A worker in a process of its own, which is started again whenever it ends. */
export function startWorker(role: Role, { env, logFile, log, notice, onReady, onEnd }: WorkerProcess): KeptChild {
  const device = deviceOf(role);
  const upscale = role.name === 'upscale' ? ['--device', role.device, '--tags', role.tags.join(',')] : [];
  return keepRunning(
    {
      name: `the ${[role.name, device].filter(Boolean).join('-')} worker`,
      tool: process.execPath,
      args: [entryFile('worker/main.js'), '--role', role.name, ...upscale],
      env,
      ...(logFile !== undefined && { logFile }),
      onMessage: (message) => {
        const parsed = fromWorkerSchema.safeParse(message);
        if (parsed.data?.type === 'problem') notice(parsed.data.message);
        if (parsed.data?.type === 'ready') onReady?.();
      },
      ...(onEnd && { onEnd }),
    },
    log,
  );
}
