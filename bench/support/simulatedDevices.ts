import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { execa } from 'execa';
import { serverEnvironment } from '../../src/client/connection/serverTls.js';
import type { SupervisorInfo } from '../../src/client/connection/supervisorProtocol.js';
import { connectToServer } from '../../src/client/connection/temporalConnection.js';
import { upscaleQueue } from '../../src/job/queues.js';
import type { BenchHome } from './home.js';

export interface Devices {
  tag: string;
  /** Milliseconds a frame of each. */
  ms: number[];
}

const startDevice = (home: BenchHome, info: SupervisorInfo, tag: string, each: number) =>
  execa(process.execPath, [path.join(import.meta.dirname, 'simulatedDevice.js'), '--tag', tag, '--ms', String(each)], {
    env: { REELSCALE_HOME: home.config.home, ...serverEnvironment(home.config.home, info) },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'inherit',
    reject: false,
  });

export type DeviceProcess = ReturnType<typeof startDevice>;

/** Devices are at work while something is done, and gone afterwards. */
export async function withDevices<T>(
  home: BenchHome,
  info: SupervisorInfo,
  devices: Devices,
  work: (processes: DeviceProcess[]) => Promise<T>,
): Promise<T> {
  const processes = devices.ms.map((each) => startDevice(home, info, devices.tag, each));
  try {
    await untilPolled(home, info, devices);
    return await work(processes);
  } finally {
    processes.forEach((device) => {
      device.kill('SIGKILL');
    });
    await Promise.allSettled(processes);
  }
}

/** A job asks how many workers poll its queues when it starts. */
async function untilPolled(
  { config }: BenchHome,
  info: SupervisorInfo,
  { tag, ms: { length } }: Devices,
): Promise<void> {
  const connection = await connectToServer(config, info);
  const client = new Client({ connection, namespace: config.namespace });
  const queue = {
    namespace: config.namespace,
    taskQueue: { name: upscaleQueue(config.queuePrefix, tag) },
    taskQueueType: 2,
  };
  while ((await client.workflowService.describeTaskQueue(queue)).pollers.length < length) await sleep(200);
  await connection.close();
}
