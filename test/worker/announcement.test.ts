import net from 'node:net';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { randomName, publishJson } from '../../src/job/durable.js';
import { claim, readAnnouncement, removeSocket, socketPath, stillOwn, withdraw, type Announcement } from '../../src/worker/announcement.js';
import { homeLayout, prepareHome } from '../../src/worker/home.js';
import { scratchFolder } from '../support/media.js';

const root = scratchFolder();
const servers: net.Server[] = [];
afterAll(() => { for (const server of servers) server.close(); });

function newHome(name: string): string {
  const home = path.join(root, name);
  prepareHome(home);
  return home;
}

async function listening(home: string): Promise<Announcement> {
  const socket = await socketPath(home);
  const server = net.createServer().listen(socket);
  servers.push(server);
  await once(server, 'listening');
  return { id: randomName(), pid: process.pid, socket };
}

test.each(['', ', also after one died while it took over'])('of many supervisors that find a dead one at the same time, exactly one takes its place%s', async (heirDied) => {
  const home = newHome(`race${heirDied.length}`);
  const dead = { id: 'dead', pid: 1, socket: path.join(homeLayout(home).run, 'dead.sock') };
  await publishJson(homeLayout(home).announcement, dead);
  if (heirDied) await publishJson(path.join(homeLayout(home).run, 'heir-dead.json'), { ...dead, id: 'heir' });
  const candidates = await Promise.all(Array.from({ length: 8 }, () => listening(home)));
  const others = await Promise.all(candidates.map((own) => claim(home, own)));
  const winners = candidates.filter((_, i) => others[i] === undefined);
  expect(winners).toHaveLength(1);
  for (const other of others) if (other) expect(other).toEqual(winners[0]);
  expect(await readAnnouncement(home)).toEqual(winners[0]);
  expect(readdirSync(homeLayout(home).run).filter((name) => /heir|tmp/.test(name))).toEqual([]);
});

test('an announcement that was removed by hand comes back, and a displaced supervisor learns of it', async () => {
  const home = newHome('displaced');
  const [own, other] = [await listening(home), await listening(home)];
  expect(await claim(home, own)).toBeUndefined();
  await withdraw(home, own);
  expect(await stillOwn(home, own)).toBe(true);
  expect(await readAnnouncement(home)).toEqual(own);
  await withdraw(home, other);
  expect(await readAnnouncement(home)).toEqual(own);
  expect(await stillOwn(home, other)).toBe(false);
});

test('a state folder with a long path has its socket elsewhere, where only this user can enter', async () => {
  const home = newHome('x'.repeat(120));
  const own = await listening(home);
  expect(Buffer.byteLength(own.socket)).toBeLessThan(100);
  expect(statSync(path.dirname(own.socket)).mode & 0o777).toBe(0o700);
  expect(await claim(home, own)).toBeUndefined();
  await removeSocket(own.socket, home);
  expect(existsSync(path.dirname(own.socket))).toBe(false);
});
