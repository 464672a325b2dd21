import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type net from 'node:net';
import { Client } from '@temporalio/client';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readAnnouncement } from '../../src/client/connection/announcement.js';
import { homeLayout } from '../../src/client/connection/home.js';
import { acquireLease, type Lease } from '../../src/client/connection/lease.js';
import {
  connectTo,
  type FromSupervisor,
  fromSupervisorSchema,
  receive,
  type SupervisorInfo,
  send,
} from '../../src/client/connection/supervisorProtocol.js';
import { connectToServer } from '../../src/client/connection/temporalConnection.js';
import { runSupervisor } from '../../src/supervisor/supervisor.js';
import type { Config } from '../../temporal.config.js';
import { eventually, hasProc, processesOf, scratchHome } from '../support/home.js';

const leases: Lease[] = [];
afterEach(async () => {
  await Promise.all(leases.splice(0).map((lease) => lease.release()));
});

async function take(config: Config, onEvent?: (line: string) => void): Promise<Lease> {
  const lease = await acquireLease(config, onEvent ? { onEvent } : {});
  leases.push(lease);
  return lease;
}

const supervisorsOf = (home: string) => processesOf(home).filter(({ command }) => command.includes('supervisorMain'));
const serverOf = (home: string) => processesOf(home).find(({ command }) => command.includes('start-dev'));

async function withClient<T>(config: Config, info: SupervisorInfo, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await connectToServer(config, info);
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

/** A workflow that no worker takes: it stays open until it is terminated. */
const startIdle = (client: Client, workflowId: string) =>
  client.workflow.start('nothing', { workflowId, taskQueue: 'nobody', args: [] });

describe.skipIf(!hasProc)('the supervisor', () => {
  let config: Config;
  beforeAll(async () => {
    config = await scratchHome();
  });

  test('two commands that start at the same time share one supervisor, which ends after the last', async () => {
    const [a, b] = await Promise.all([take(config), take(config)]);
    expect(a.info.pid).toBe(b.info.pid);
    expect([a.started, b.started].filter(Boolean)).toHaveLength(1);
    expect(
      await eventually(() => supervisorsOf(config.home).length === 1 && supervisorsOf(config.home)),
    ).toMatchObject([{ pid: a.info.pid }]);
    await a.release();
    expect(await b.otherWatchers('any')).toBe(0);
    await b.release();
    await eventually(() => processesOf(config.home).length === 0);
    expect(await readAnnouncement(config.home)).toBeUndefined();
    expect(readFileSync(homeLayout(config.home).log('supervisor'), 'utf8').trimEnd()).toMatch(/"msg":"ended"}$/);
  });

  test('a command learns how many others wait for a workflow', async () => {
    const [a, b] = await Promise.all([take(config), take(config)]);
    await a.watch('job');
    expect([await a.otherWatchers('job'), await b.otherWatchers('job'), await b.otherWatchers('other')]).toEqual([
      0, 1, 0,
    ]);
    await b.watch('job');
    expect(await a.otherWatchers('job')).toBe(1);
    await b.release();
    await eventually(async () => (await a.otherWatchers('job')) === 0);
  });

  test('a killed Temporal server comes back at the same address with its histories, kept for 90 days', async () => {
    const { info } = await take(config);
    await withClient(config, info, (client) => startIdle(client, 'survivor'));
    const server = serverOf(config.home);
    process.kill(server?.pid ?? 0, 'SIGKILL');
    // It is setpriv for a moment, which becomes the server.
    const restarted = await eventually(() => {
      const now = serverOf(config.home);
      return now !== undefined && now.pid !== server?.pid && !now.command.includes('setpriv') && now;
    });
    expect(restarted.command).toBe(server?.command);
    // It listens a moment before it can answer.
    await eventually(() =>
      withClient(config, info, (client) => client.workflow.getHandle('survivor').describe()).catch(() => undefined),
    );
    await withClient(config, info, async (client) => {
      expect((await client.workflow.getHandle('survivor').describe()).status.name).toBe('RUNNING');
      const { config: settings } = await client.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(settings?.workflowExecutionRetentionTtl?.seconds)).toBe(90 * 86_400);
      await client.workflow.getHandle('survivor').terminate();
    });
  });

  test('no process survives a killed supervisor; who held a lease gets a new one at the same address', async () => {
    const lines: string[] = [];
    const lease = await take(config, (line) => lines.push(line));
    await lease.watch('job');
    const { pid, temporalAddress } = lease.info;
    const children = (await eventually(() => processesOf(config.home).length >= 5 && processesOf(config.home))).filter(
      (each) => each.pid !== pid,
    );
    process.kill(pid, 'SIGKILL');
    await eventually(() =>
      children.every((child) => !processesOf(config.home).some((each) => each.pid === child.pid)),
    );
    await eventually(() => lease.info.pid !== pid);
    expect(lease.info.temporalAddress).toBe(temporalAddress);
    expect(lines).toContain('a new supervisor is at work');
    const other = await take(config);
    await eventually(async () => (await other.otherWatchers('job')) === 1);
  });

  test('a detached job keeps the supervisor alive until it ends, also across a crash', async () => {
    const first = await take(config);
    const { info } = first;
    await withClient(config, info, (client) => startIdle(client, 'detached'));
    await first.detach('detached');
    expect(await first.otherWatchers('detached')).toBe(1);
    process.kill(info.pid, 'SIGKILL');
    await eventually(() => first.info.pid !== info.pid);
    const { pid } = first.info;
    await first.release();
    // Longer than it would linger without the job.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(supervisorsOf(config.home)).toMatchObject([{ pid }]);
    await withClient(config, info, (client) => client.workflow.getHandle('detached').terminate());
    await eventually(() => processesOf(config.home).length === 0);
  });

  test('a command of another version is told to stop the old one if it is in use, and else replaces it', async () => {
    const lease = await take(config);
    const announced = await readAnnouncement(config.home);
    const answer = async (): Promise<FromSupervisor> => {
      const socket = (await connectTo(announced?.socket ?? '')) as net.Socket;
      return new Promise((resolve) => {
        receive(socket, fromSupervisorSchema, (message) => {
          socket.destroy();
          resolve(message);
        });
        send(socket, { type: 'hello', version: '0.0.0', build: 'older' });
      });
    };
    expect(await answer()).toMatchObject({
      type: 'refused',
      reason: 'mismatch',
      message: expect.stringContaining(`kill ${lease.info.pid}`) as string,
    });
    await lease.release();
    await eventually(async () => {
      const said = await answer();
      return said.type === 'refused' && said.reason === 'closing';
    });
    await eventually(() => processesOf(config.home).length === 0);
  });

  test('a supervisor in the foreground replaces one in the background, unless somebody needs that', async () => {
    const home = { ...config, lingerSeconds: 600 };
    const lease = await take(home);
    const stop = new AbortController();
    const run = (): Promise<number | undefined> =>
      runSupervisor(home, {
        background: false,
        signal: stop.signal,
        log: () => undefined,
        onReady: () => {
          stop.abort();
        },
      });
    expect(await run()).toBe(lease.info.pid);
    await lease.release();
    // Once it has seen that the lease is over.
    await eventually(async () => (await run()) === undefined);
    await eventually(() => processesOf(config.home).length === 0);
  });

  test.each([
    ['empty', 0, (): Buffer => Buffer.alloc(0)],
    [
      'damaged behind its first pages',
      1,
      (whole: Buffer): Buffer => Buffer.concat([whole.subarray(0, 8 * 4096), randomBytes(whole.length - 8 * 4096)]),
    ],
  ])('a database that is %s is kept aside, which is said, and a new one serves', async (_, earlier, damage) => {
    const home = await scratchHome();
    const { database } = homeLayout(home.home);
    if (earlier) {
      await (await take(home)).release();
      await eventually(() => processesOf(home.home).length === 0);
    }
    const damaged = damage(earlier ? readFileSync(database) : Buffer.alloc(0));
    writeFileSync(database, damaged);
    const lines: string[] = [];
    const lease = await take(home, (line) => lines.push(line));
    const said = await eventually(() => lines.find((line) => line.includes('was damaged')));
    const kept = /kept as (\S+):/.exec(said)?.[1] ?? '';
    expect(readFileSync(kept).length).toBe(damaged.length);
    // A damage that shows late takes the supervisor along, and the next one has a new database.
    await eventually(() =>
      withClient(home, lease.info, async (client) => {
        await startIdle(client, 'idle');
        return true;
      }).catch(() => undefined),
    );
    await lease.release();
    await eventually(() => processesOf(home.home).length === 0);
  });

  test('a supervisor that cannot start its server says why', async () => {
    const broken = await scratchHome();
    mkdirSync(homeLayout(broken.home).ports, { recursive: true });
    await expect(acquireLease(broken)).rejects.toThrow(
      /the supervisor could not start: EISDIR|the supervisor ended with code 1:\n.*EISDIR/,
    );
    await eventually(() => processesOf(broken.home).length === 0);
  });
});
