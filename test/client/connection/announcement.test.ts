import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  type Announcement,
  claim,
  reach,
  readAnnouncement,
  removeSocket,
  socketPath,
  stillOwn,
  withdraw,
} from '../../../src/client/connection/announcement.js';
import { homeLayout, identityOf, prepareHome } from '../../../src/client/connection/home.js';
import { publishJson, randomName } from '../../../src/lib/durable.js';
import { chosenPort } from '../../../src/supervisor/ports.js';
import { scratchFolder } from '../../support/media.js';

const root = scratchFolder();
const servers: net.Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

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
  return { id: randomName(), pid: process.pid, socket, home: await identityOf(home) };
}

test.each(['', ', also after one died while it took over'])(
  'of many supervisors that find a dead one at the same time, exactly one takes its place%s',
  async (heirDied) => {
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
  },
);

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
  await removeSocket(own.socket);
  expect(existsSync(path.dirname(own.socket))).toBe(false);
});

async function reaches(home: string): Promise<boolean> {
  const socket = await reach(home, await readAnnouncement(home));
  socket?.destroy();
  return socket !== undefined;
}

test.each([
  [
    'names a socket in another folder',
    (folder: string, home: string) => ({ id: 'dead', pid: 1, socket: path.join(folder, 'gone.sock'), home }),
  ],
  [
    'names a file in another folder',
    (folder: string, home: string) => ({ id: 'dead', pid: 1, socket: path.join(folder, 'file'), home }),
  ],
  [
    'looks like one of a runtime folder',
    (folder: string, home: string) => ({ id: 'dead', pid: 1, socket: path.join(folder, 'sock'), home }),
  ],
  ['is of an earlier version', (folder: string) => ({ id: 'dead', pid: 1, socket: path.join(folder, 'sock') })],
  [
    'leaves the folder by its id',
    (folder: string, home: string) => ({ id: '../../x', pid: 1, socket: path.join(folder, 'sock'), home }),
  ],
  ['is damaged', () => 'x'],
])('an announcement that %s is replaced, and nothing of what it names is removed', async (name, announced) => {
  const home = newHome(`names ${name}`);
  const folder = path.join(home, 'reelscale-abcdef');
  mkdirSync(folder, { mode: 0o700 });
  for (const file of ['file', 'sock']) writeFileSync(path.join(folder, file), 'precious');
  await publishJson(homeLayout(home).announcement, announced(folder, await identityOf(home)));
  const own = await listening(home);
  expect(await claim(home, own)).toBeUndefined();
  expect(await readAnnouncement(home)).toEqual(own);
  expect(readdirSync(folder).sort()).toEqual(['file', 'sock']);
});

test("a copied state folder does not find the original's supervisor, nor takes its ports or its socket", async () => {
  const [home, copy] = [newHome('original'), path.join(root, 'copy')];
  const own = await listening(home);
  await claim(home, own);
  const port = await chosenPort(home);
  mkdirSync(homeLayout(copy).run, { recursive: true });
  for (const name of ['supervisor.json', 'ports.json'])
    cpSync(path.join(homeLayout(home).run, name), path.join(homeLayout(copy).run, name));
  expect([await reaches(home), await reaches(copy)]).toEqual([true, false]);
  const second = await listening(copy);
  expect(await claim(copy, second)).toBeUndefined();
  expect(await chosenPort(copy)).not.toBe(port);
  expect(await chosenPort(home)).toBe(port);
  expect([await reaches(home), await reaches(copy)]).toEqual([true, true]);
  expect(await readAnnouncement(home)).toEqual(own);
});

test('a moved or linked state folder is the same one: its supervisor is found, and knows the other name', async () => {
  const [home, link, moved] = [newHome('before'), path.join(root, 'link'), path.join(root, 'after')];
  const own = await listening(home);
  await claim(home, own);
  symlinkSync(home, link);
  expect(await reaches(link)).toBe(true);
  renameSync(home, moved);
  expect(await reaches(moved)).toBe(true);
  expect(await stillOwn(home, own)).toBe(false);
  // Another folder is in its place.
  newHome('before');
  expect(await stillOwn(home, own)).toBe(false);
  expect(existsSync(homeLayout(home).announcement)).toBe(false);
});

test('a state folder that has its run folder or its database in common with another one is refused', () => {
  const home = newHome('whole');
  writeFileSync(homeLayout(home).database, 'x');
  for (const [name, file] of [
    ['links run', 'run'],
    ['links database', path.basename(homeLayout(home).database)],
  ] as const) {
    mkdirSync(path.join(root, name));
    symlinkSync(path.join(home, file), path.join(root, name, file));
    expect(() => {
      prepareHome(path.join(root, name));
    }).toThrow(/is a link|no file of its own/);
  }
});
