import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { flush, namesIn } from '../lib/durable.js';
import { hasCode, ignoreMissing } from '../lib/systemErrors.js';

const PREFIX = '.work-';
/** Older folders of other hosts, or of a process whose number another one has now, are nobody's. */
const STALE_MS = 24 * 3600_000;
const HOST = os.hostname().replaceAll(/[^\w.]/g, '_');

/**
 * Lends a hidden folder below the models folder (made where it is missing), in which things are finished before a
 * rename puts them in place. Removed afterwards, as are those that killed processes left.
 */
export async function inWorkFolder<T>(modelsRoot: string, use: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(modelsRoot, { recursive: true });
  await sweepWork(modelsRoot);
  const folder = await mkdtemp(path.join(modelsRoot, `${PREFIX}${HOST}-${process.pid}-`));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes the work folders that killed processes left; downloads in them are kept. */
async function sweepWork(modelsRoot: string): Promise<void> {
  for (const entry of await readdir(modelsRoot, { withFileTypes: true })) {
    const { name } = entry;
    const folder = path.join(modelsRoot, name);
    // A link is none of ours, wherever it leads.
    if (!entry.isDirectory() || !name.startsWith(PREFIX) || !(await isStale(name, folder))) continue;
    // Another process may be sweeping too.
    for (const inside of await namesIn(folder)) {
      if (inside.endsWith(PART))
        await rename(path.join(folder, inside), path.join(modelsRoot, inside)).catch(ignoreMissing);
    }
    await rm(folder, { recursive: true, force: true });
  }
}

async function isStale(name: string, folder: string): Promise<boolean> {
  const [, host, pid] = /^\.work-(.*)-(\d+)-[^-]*$/.exec(name) ?? [];
  if (host === HOST && !isAlive(Number(pid))) return true;
  const found = await stat(folder).catch(ignoreMissing);
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/** Ending of unfinished downloads. */
const PART = '.part';

/**
 * Lends the unfinished download of the file with that digest, as a path in the work folder where nobody else writes.
 * Whatever is there afterwards is kept for the next time.
 */
export async function withPartial<T>(
  modelsRoot: string,
  work: string,
  digest: string,
  use: (partial: string) => Promise<T>,
): Promise<T> {
  const name = `.${digest.slice(0, 16)}${PART}`;
  const [kept, partial] = [path.join(modelsRoot, name), path.join(work, name)];
  await rename(kept, partial).catch(ignoreMissing);
  try {
    return await use(partial);
  } finally {
    await rename(partial, kept).catch(ignoreMissing);
  }
}

/**
 * Puts a finished folder into its place. What lies there is replaced, unless it is as good by now: another process was
 * faster.
 * @returns whether it was put there.
 */
export async function publishFolder(
  folder: string,
  target: string,
  work: string,
  isReady: () => Promise<boolean>,
): Promise<boolean> {
  await mkdir(path.dirname(target), { recursive: true });
  try {
    await rename(folder, target);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
    if (await isReady()) return false;
    await rename(target, path.join(work, `replaced-${path.basename(target)}`));
    await rename(folder, target);
  }
  await flush(path.dirname(target));
  return true;
}
