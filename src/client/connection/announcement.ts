import { lstat, mkdtemp, readFile, rm, rmdir } from 'node:fs/promises';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { digestOf } from '../../lib/digest.js';
import { publishJson, randomName } from '../../lib/durable.js';
import { ignoreKnown, ignoreMissing } from '../../lib/systemErrors.js';
import { homeLayout, identityOf } from './home.js';
import { connectTo } from './supervisorProtocol.js';

/** `run/supervisor.json` names the one supervisor of a state folder. */
const announcementSchema = z.object({
  id: z.string(),
  pid: z.number().int(),
  socket: z.string(),
  /**
   * The state folder itself, see `identityOf`: in a copy of the folder the announcement is nobody's. Missing in those
   * of version 0.1.
   */
  home: z.string().optional(),
});
export type Announcement = z.infer<typeof announcementSchema>;

/** The kernel's limit for a socket's path is 104 bytes on macOS and 108 on Linux. */
const LONGEST_SOCKET_PATH = 100;
/** Between two looks while another supervisor removes a dead one's announcement. */
const HEIR_POLL_MS = 20;
const RUNTIME_PREFIX = 'reelscale-';

/** A path that no other supervisor has, in a folder that only this user can enter. */
export async function socketPath(home: string): Promise<string> {
  const file = path.join(homeLayout(home).run, `${randomName()}.sock`);
  if (Buffer.byteLength(file) <= LONGEST_SOCKET_PATH) return file;
  return path.join(await mkdtemp(path.join(os.tmpdir(), RUNTIME_PREFIX)), 'sock');
}

/**
 * Removes a socket, and the runtime folder that was made for it alone. Anything else that has the name stays, and so
 * does a folder that holds more.
 */
export async function removeSocket(socket: string): Promise<void> {
  const found = await lstat(socket).catch(ignoreMissing);
  if (found?.isSocket()) await rm(socket, { force: true });
  // One that holds more cannot be removed.
  if (await isRuntimeFolder(path.dirname(socket))) await rmdir(path.dirname(socket)).catch(ignoreKnown);
}

/**
 * Whether `socketPath` may have made it: a folder of that name and of this user, no link, that nobody else can enter.
 */
async function isRuntimeFolder(folder: string): Promise<boolean> {
  if (!/^reelscale-\w{6}$/.test(path.basename(folder))) return false;
  const found = await lstat(folder).catch(ignoreMissing);
  return found !== undefined && found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

/**
 * Where a supervisor of this state folder listens. Of what the announcement says only names are believed: `run` may
 * have moved with the state folder, and a copy, or a file that was changed, may name anything.
 * @returns undefined for a supervisor of another state folder.
 */
async function socketOf(home: string, { socket, home: announced }: Announcement): Promise<string | undefined> {
  const { run } = homeLayout(home);
  if (announced === undefined) return path.dirname(socket) === run ? socket : undefined;
  if (announced !== (await identityOf(home))) return undefined;
  if (/^[0-9a-f]+\.sock$/.test(path.basename(socket))) return path.join(run, path.basename(socket));
  return path.basename(socket) === 'sock' && (await isRuntimeFolder(path.dirname(socket))) ? socket : undefined;
}

/** @returns undefined when there is none, or none that can be read. */
export const readAnnouncement = async (home: string): Promise<Announcement | undefined> =>
  (await readFound(homeLayout(home).announcement))?.announcement;

interface Found {
  /** Of the announcement, or made of the bytes of one that is damaged. */
  id: string;
  announcement?: Announcement;
}

async function readFound(file: string): Promise<Found | undefined> {
  const text = await readFile(file, 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  try {
    const announcement = announcementSchema.parse(JSON.parse(text));
    // The id becomes part of a file's name.
    if (/^[\w-]+$/.test(announcement.id)) return { id: announcement.id, announcement };
  } catch {
    // Damaged.
  }
  return { id: digestOf(text).slice(0, 16) };
}

/**
 * @returns a connection to the supervisor that announced itself, undefined when it is dead or of another state folder.
 */
export async function reach(home: string, announcement: Announcement | undefined): Promise<net.Socket | undefined> {
  const socket = announcement && (await socketOf(home, announcement));
  return socket === undefined ? undefined : connectTo(socket);
}

/**
 * Makes this the supervisor of the state folder, unless a living one is there. Its socket must listen already.
 * @returns the other one, undefined when this one won.
 */
export async function claim(home: string, own: Announcement): Promise<Announcement | undefined> {
  const file = homeLayout(home).announcement;
  while (!(await publishJson(file, own))) {
    const other = await readFound(file);
    if (!other) {
      // Gone by now, or a link to nothing: that would be in the way for ever.
      if ((await lstat(file).catch(ignoreMissing))?.isSymbolicLink()) await rm(file, { force: true });
      continue;
    }
    if (await answers(home, other)) return other.announcement;
    await removeStale(home, other, own);
  }
  return undefined;
}

/** @returns true while the announcement is this supervisor's; a lost or damaged one is published again. */
export async function stillOwn(home: string, own: Announcement): Promise<boolean> {
  try {
    // The folder was moved away, and perhaps another one is in its place.
    if (own.home !== (await identityOf(home))) return false;
    const current = await readFound(homeLayout(home).announcement);
    if (current?.announcement) return current.id === own.id;
    if (current) await rm(homeLayout(home).announcement, { force: true });
    return await publishJson(homeLayout(home).announcement, own);
  } catch (error) {
    ignoreMissing(error);
    return false;
  }
}

export async function withdraw(home: string, own: Announcement): Promise<void> {
  const current = await readAnnouncement(home);
  if (current?.id === own.id) await rm(homeLayout(home).announcement, { force: true });
}

async function answers(home: string, { announcement }: Found): Promise<boolean> {
  const socket = await reach(home, announcement);
  socket?.destroy();
  return socket !== undefined;
}

/**
 * Removes a dead supervisor's announcement. The right to do so is a file of its own, `heir-<id of the dead>`, that
 * only one can publish; if that one dies too, its own heir inherits the right. So nobody ever removes the announcement
 * of a living one, however late it acts.
 */
async function removeStale(home: string, stale: Found, own: Announcement): Promise<void> {
  const { run, announcement } = homeLayout(home);
  const rights: string[] = [];
  for (let dead = stale; ; ) {
    const right = path.join(run, `heir-${dead.id}.json`);
    rights.push(right);
    if (await publishJson(right, own)) break;
    const heir = await readFound(right);
    if (!heir || (await answers(home, heir))) {
      await sleep(HEIR_POLL_MS);
      return;
    }
    dead = heir;
  }
  if ((await readFound(announcement))?.id === stale.id) {
    await rm(announcement, { force: true });
    const socket = stale.announcement && (await socketOf(home, stale.announcement));
    if (socket !== undefined) await removeSocket(socket);
  }
  for (const right of rights) await rm(right, { force: true });
}
