import { statfs } from 'node:fs/promises';
import net from 'node:net';
import type { NativeConnection, TelemetryOptions } from '@temporalio/worker';
import { Runtime } from '@temporalio/worker';
import type { Config } from '../../temporal.config.js';
import { metricsAddress } from '../client/connection/environment.js';
import { controlQueue, encodeQueue, upscaleQueue } from '../job/queues.js';
import { openJobs } from '../job/store.js';
import { UserError } from '../lib/errors.js';
import { Trouble } from '../lib/trouble.js';
import { type Logger } from './logger.js';
import type { Role } from './role.js';

const EVERY_MS = 15_000;
/** TASK_QUEUE_TYPE_WORKFLOW and TASK_QUEUE_TYPE_ACTIVITY */
const QUEUE_TYPES = [1, 2];

/**
 * What makes the Temporal runtime serve its metrics, and those that go through its meter, at one address. @throws
 * UserError when that is in use.
 */
export async function telemetry({ metrics }: Pick<Config, 'metrics'>): Promise<TelemetryOptions | undefined> {
  if (!metrics) return undefined;
  const bindAddress = metricsAddress(metrics);
  await requireFree(metrics, bindAddress);
  return { metrics: { prometheus: { bindAddress } } };
}

function requireFree({ host, port }: NonNullable<Config['metrics']>, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => {
      reject(
        new UserError(
          `REELSCALE_METRICS_ADDRESS: nothing can listen at ${address} (${error.message}): ` +
            'choose another port; each worker of a host takes one more',
        ),
      );
    });
    server.listen(port, host, () => {
      server.close(() => {
        resolve();
      });
    });
  });
}

/**
 * Keeps the gauges that are not about one activity up to date until the signal: the disk, and of the control worker
 * the queues.
 */
export function keepGauges(
  role: Role,
  config: Config,
  connection: NativeConnection,
  logger: Logger,
  signal: AbortSignal,
): void {
  if (!config.metrics) return;
  const { metricMeter } = Runtime.instance();
  const free = metricMeter.createGauge(
    'reelscale_disk_free_bytes',
    'int',
    'bytes',
    'Bytes that are free on the file system of the jobs',
  );
  const used = metricMeter.createGauge(
    'reelscale_disk_used_bytes',
    'int',
    'bytes',
    'Bytes that are used on the file system of the jobs',
  );
  const depth = metricMeter.createGauge(
    'reelscale_queue_depth',
    'int',
    'tasks',
    'Tasks that wait in a queue for a worker',
  );
  const queues = new Set([controlQueue(config.queuePrefix), encodeQueue(config.queuePrefix)]);

  const look = async (): Promise<void> => {
    const { bavail, bfree, blocks, bsize } = await statfs(config.roots.jobs);
    free.set(bavail * bsize);
    used.set((blocks - bfree) * bsize);
    if (role.name !== 'control') return;
    // Also those that no worker serves.
    for (const { tags } of await openJobs(config.roots))
      for (const tag of tags) queues.add(upscaleQueue(config.queuePrefix, tag));
    for (const queue of queues) depth.set(await waiting(connection, config.namespace, queue), { queue });
  };
  // The disk or the server may be away for a moment; the next look finds them again.
  const trouble = new Trouble((reason) => {
    logger.warn(`some metrics are not up to date: ${reason}`);
  });
  const again = (): void => {
    look().then(trouble.over, trouble.met);
  };
  again();
  const timer = setInterval(again, EVERY_MS);
  signal.addEventListener(
    'abort',
    () => {
      clearInterval(timer);
    },
    { once: true },
  );
}

async function waiting({ workflowService }: NativeConnection, namespace: string, name: string): Promise<number> {
  const counts = await Promise.all(
    QUEUE_TYPES.map(async (taskQueueType) => {
      const { stats } = await workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name },
        taskQueueType,
        reportStats: true,
      });
      return Number(stats?.approximateBacklogCount ?? 0);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
