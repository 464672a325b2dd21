import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { publishJson, randomName, readJson } from '../job/durable.js';
import { homeLayout } from './home.js';
import { connectTo } from './protocol.js';

/** `run/supervisor.json` names the one supervisor of a state folder. */
export const announcementSchema = z.object({
  id: z.string(),
  pid: z.number().int(),
  socket: z.string(),
});
export type Announcement = z.infer<typeof announcementSchema>;

/** The kernel's limit for a socket's path is 104 bytes on macOS and 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;
/** Between two looks while another supervisor removes a dead one's announcement. */
const HEIR_POLL_MS = 20;

/** A path that no other supervisor has, in a folder that only this user can enter. */
export async function socketPath(home: string): Promise<string> {
  const file = path.join(homeLayout(home).run, `${randomName()}.sock`);
  if (Buffer.byteLength(file) <= LONGEST_SOCKET_PATH) return file;
  return path.join(await mkdtemp(path.join(os.tmpdir(), 'reelscale-')), 'sock');
}

export async function removeSocket(socket: string, home: string): Promise<void> {
  const folder = path.dirname(socket);
  await rm(folder === homeLayout(home).run ? socket : folder, { recursive: true, force: true });
}

export const readAnnouncement = (home: string): Promise<Announcement | undefined> =>
  readJson(homeLayout(home).announcement, announcementSchema);

/**
 * Makes this the supervisor of the state folder, unless a living one is there. Its socket must listen already.
 * @returns the other one, undefined when this one won.
 */
export async function claim(home: string, own: Announcement): Promise<Announcement | undefined> {
  const file = homeLayout(home).announcement;
  while (!(await publishJson(file, own))) {
    const other = await readAnnouncement(home);
    if (!other) continue;
    if (await answers(other)) return other;
    await removeStale(home, other, own);
  }
  return undefined;
}

/** @returns true while the announcement is this supervisor's; a lost one is published again. */
export async function stillOwn(home: string, own: Announcement): Promise<boolean> {
  const current = await readAnnouncement(home);
  if (current) return current.id === own.id;
  return publishJson(homeLayout(home).announcement, own);
}

export async function withdraw(home: string, own: Announcement): Promise<void> {
  const current = await readAnnouncement(home);
  if (current?.id === own.id) await rm(homeLayout(home).announcement, { force: true });
}

async function answers(other: Announcement): Promise<boolean> {
  const socket = await connectTo(other.socket);
  socket?.destroy();
  return socket !== undefined;
}

/**
 * Removes a dead supervisor's announcement. The right to do so is a file of its own, `heir-<id of the dead>`, that only one can
 * publish; if that one dies too, its own heir inherits the right. So nobody ever removes the announcement of a living one, however
 * late it acts.
 */
async function removeStale(home: string, stale: Announcement, own: Announcement): Promise<void> {
  const { run, announcement } = homeLayout(home);
  const rights: string[] = [];
  for (let dead = stale; ; ) {
    const right = path.join(run, `heir-${dead.id}.json`);
    rights.push(right);
    if (await publishJson(right, own)) break;
    const heir = await readJson(right, announcementSchema);
    if (!heir || (await answers(heir))) {
      await sleep(HEIR_POLL_MS);
      return;
    }
    dead = heir;
  }
  if ((await readAnnouncement(home))?.id === stale.id) {
    await rm(announcement, { force: true });
    await removeSocket(stale.socket, home);
  }
  for (const right of rights) await rm(right, { force: true });
}
