import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Config } from '../../temporal.config.js';
import type { ActivityDeps } from '../activities/index.js';
import { controlQueue, encodeQueue, upscaleQueue } from '../job/queues.js';
import { workflowBundleFile } from '../lib/project.js';
import { findTool, probeTool, probeX264 } from '../media/ffmpeg/probes.js';
import { tellVersion } from '../media/ffmpeg/versions.js';
import { parseDevice } from '../runtime/devices.js';
import { requireDevice } from '../runtime/probed.js';
import { deviceTags } from '../upscaler/devices.js';
import { activityLog } from './activityLog.js';
import { checkedInput } from './checkedInput.js';
import { DeviceSlots } from './deviceSlots.js';

/**
 * Light activities of one control worker at a time: they read whole files, and more at once only fight for the disk.
 */
const CONTROL_SLOTS = 4;

export type Role = { name: 'control' } | { name: 'encode' } | { name: 'upscale'; device: string; tags: string[] };

/** How workers end and how often they are heard of. */
export const workerTimes = {
  // The activities learn of the shutdown at once by a signal of their own, and commit the part at hand within this
  // time.
  shutdownGraceTime: '20 seconds',
  shutdownForceTime: '24 seconds',
  // A heartbeat carries the progress that people see.
  maxHeartbeatThrottleInterval: '2 seconds',
  defaultHeartbeatThrottleInterval: '2 seconds',
} as const satisfies Partial<WorkerOptions>;

/** Checks what the role needs before it takes any work. @throws UserError with one line that says what is missing. */
export async function probeRole(role: Role): Promise<void> {
  await findTool('ffprobe');
  tellVersion(await probeTool('ffmpeg'));
  if (role.name === 'encode') await probeX264();
  if (role.name !== 'upscale') return;
  // The CPU is always there.
  if (parseDevice(role.device).kind !== 'cpu') await requireDevice(role.device);
}

/** The workers of a role: one, or one for each queue of a device. */
export async function createWorkers(
  role: Role,
  config: Config,
  connection: NativeConnection,
  shutdown: AbortSignal,
): Promise<Worker[]> {
  const deps: ActivityDeps = {
    roots: config.roots,
    shutdown,
    checkpointSeconds: config.checkpointSeconds,
    minFreeBytes: config.minFreeBytes,
    backlogBytes: config.backlogBytes,
  };
  const common = {
    ...workerTimes,
    connection,
    namespace: config.namespace,
    interceptors: { activity: [activityLog, checkedInput] },
  };
  // Loaded late: each role needs its own, and the probes come first.
  const activities = await import('../activities/index.js');
  switch (role.name) {
    case 'control': {
      const { createBatchActivities } = await import('../activities/batch/index.js');
      const { createNotifyActivities } = await import('../activities/control/notify.js');
      return [
        await Worker.create({
          ...common,
          taskQueue: controlQueue(config.queuePrefix),
          workflowBundle: { codePath: workflowBundleFile },
          // A history that no longer fits, or a bug, fails the job visibly; the same command begins anew from its
          // parts.
          workflowFailureErrorTypes: { '*': ['NondeterminismError', 'Error'] },
          activities: {
            ...activities.createControlActivities(deps),
            ...createBatchActivities({ ...deps, config }),
            ...createNotifyActivities({ ...deps, noticeKeyFile: config.noticeKeyFile }),
          },
          maxConcurrentActivityTaskExecutions: CONTROL_SLOTS,
          // After a crash, workflows wait this long for the worker that remembered them.
          stickyQueueScheduleToStartTimeout: '2 seconds',
        }),
      ];
    }
    case 'encode':
      return [
        await Worker.create({
          ...common,
          taskQueue: encodeQueue(config.queuePrefix),
          activities: activities.createEncodeActivities(deps),
          maxConcurrentActivityTaskExecutions: config.encodeSlots,
        }),
      ];
    case 'upscale': {
      const { createUpscaler } = await import('../upscaler/client.js');
      const upscaler = createUpscaler({ device: role.device });
      const tags = [...new Set([...deviceTags(role.device), ...role.tags])];
      const workers = await createDeviceWorkers(
        common,
        tags.map((tag) => upscaleQueue(config.queuePrefix, tag)),
        activities.createUpscaleActivities(deps, upscaler),
        shutdown,
      );
      // While the first job's source is looked at, there is time to load.
      upscaler.warm();
      return workers;
    }
  }
}

/** Activity-only workers on several queues that share one device: one activity at a time over all of them. */
export function createDeviceWorkers(
  common: Partial<WorkerOptions>,
  queues: string[],
  activities: object,
  shutdown: AbortSignal,
): Promise<Worker[]> {
  const slots = new DeviceSlots(shutdown);
  const unused = { type: 'fixed-size', numSlots: 1 } as const;
  return Promise.all(
    queues.map((taskQueue) =>
      Worker.create({
        ...common,
        taskQueue,
        activities,
        maxConcurrentActivityTaskPolls: 1,
        interceptors: { activity: [slots.interceptor, activityLog, checkedInput] },
        tuner: {
          activityTaskSlotSupplier: slots.supplier(),
          workflowTaskSlotSupplier: unused,
          localActivityTaskSlotSupplier: unused,
          nexusTaskSlotSupplier: unused,
        },
      }),
    ),
  );
}
