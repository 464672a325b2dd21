import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import { ActivityClient, type Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareHome } from '../../src/client/connection/home.js';
import { connectWhenReady } from '../../src/client/connection/temporalConnection.js';
import { type EmbeddedServer, startOpenServer } from '../../src/supervisor/embeddedServer.js';
import { createDeviceWorkers } from '../../src/worker/role.js';
import { scratchHome } from '../support/home.js';

const QUEUES = ['reelscale.upscale.cuda:0', 'reelscale.upscale.gpu', 'reelscale.upscale.slow'];
const stop = new AbortController();
let server: EmbeddedServer;
let connection: Connection;
let native: NativeConnection;
let workers: Worker[];
let running: Promise<unknown>;

let atWork = 0;
let most = 0;
const done: string[] = [];
/** Never yields to anything but a timer: a second activity would be seen inside. */
async function work({ jobKey }: { jobKey: string }): Promise<void> {
  most = Math.max(most, ++atWork);
  heartbeat();
  await sleep(30);
  atWork--;
  done.push(jobKey);
}

beforeAll(async () => {
  const config = await scratchHome();
  prepareHome(config.home);
  server = await startOpenServer(config, console.error);
  connection = await connectWhenReady(config, server.address, AbortSignal.timeout(60_000));
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  native = await NativeConnection.connect({ address: server.address });
  workers = await createDeviceWorkers({ connection: native }, QUEUES, { lookAtJob: work }, stop.signal);
  running = Promise.all(workers.map((worker) => worker.run()));
});
afterAll(async () => {
  for (const worker of workers) worker.shutdown();
  await running;
  await native.close();
  await connection.close();
  await server.child.stop(10_000);
});

/** An activity of the program's own, with an input that it takes: others are refused. */
const keyOf = (i: number): string => String(i).padStart(32, '0');

const start = (client: ActivityClient, name: string, taskQueue: string): Promise<void> =>
  client.execute('lookAtJob', {
    id: randomUUID(),
    taskQueue,
    args: [{ jobKey: name }],
    startToCloseTimeout: '1 minute',
    heartbeatTimeout: '10 seconds',
  });

test('a device that serves several queues works on one task at a time, and none is forgotten', async () => {
  const client = new ActivityClient({ connection });
  const names = Array.from({ length: 18 }, (_, i) => keyOf(i));
  await Promise.all(names.map((name, i) => start(client, name, QUEUES[i % QUEUES.length] as string)));
  expect(most).toBe(1);
  expect(done.toSorted()).toEqual(names.toSorted());
});

test('an idle device takes a task from any of its queues', async () => {
  const client = new ActivityClient({ connection });
  done.length = 0;
  const names = QUEUES.map((_, i) => keyOf(i));
  for (const [i, queue] of QUEUES.entries()) await start(client, names[i] as string, queue);
  expect(done).toEqual(names);
});
