import { stat } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import { jobLayout, type Roots } from '../job/layout.js';
import { readStored, type StoredJob } from '../job/store.js';
import { namesIn, overlookDamage } from '../lib/durable.js';
import { ignoreMissing } from '../lib/systemErrors.js';

/**
 * A folder that was changed so shortly before it was read may have been changed again within the same tick of its
 * clock.
 */
const SETTLED_MS = 2000;
const READS = 32;

/** A job on the disk. */
export interface Shown extends StoredJob {
  /** When it was done, failed or was cancelled. */
  endedAt?: string;
}

interface Shelved {
  job: Shown | undefined;
  mtimeMs: number;
  settled: boolean;
}

/** The jobs on the disk. A folder is read again only when it has changed, so that thousands cost one `stat` each. */
export class JobCache {
  readonly #roots: Roots;
  readonly #entries = new Map<string, Shelved>();

  constructor(roots: Roots) {
    this.#roots = roots;
  }

  /** The jobs of the last look, by their keys. */
  *jobs(): Iterable<Shown> {
    for (const { job } of this.#entries.values()) if (job) yield job;
  }

  get(jobKey: string): Shown | undefined {
    return this.#entries.get(jobKey)?.job;
  }

  /** Reads what has changed. @returns the keys of jobs that are new, changed or gone. */
  async refresh(): Promise<Set<string>> {
    const folder = path.join(this.#roots.jobs, 'jobs');
    const keys = new Set((await namesIn(folder)).filter((name) => /^[0-9a-f]{32}$/.test(name)));
    const changed = new Set<string>();
    const limit = pLimit(READS);
    await Promise.all(
      [...keys].map((key) =>
        limit(async () => {
          if (await this.#look(key, path.join(folder, key))) changed.add(key);
        }),
      ),
    );
    for (const key of this.#entries.keys()) {
      if (keys.has(key)) continue;
      this.#entries.delete(key);
      changed.add(key);
    }
    return changed;
  }

  async #look(key: string, folder: string): Promise<boolean> {
    const mtimeMs = (await stat(folder).catch(ignoreMissing))?.mtimeMs ?? NaN;
    const before = this.#entries.get(key);
    if (before?.settled && before.mtimeMs === mtimeMs) return false;
    const settled = Date.now() - mtimeMs > SETTLED_MS;
    const job = await this.#read(key);
    this.#entries.set(key, { job, mtimeMs, settled });
    return before === undefined || JSON.stringify(before.job) !== JSON.stringify(job);
  }

  async #read(key: string): Promise<Shown | undefined> {
    const job = await readStored(this.#roots, key).catch(overlookDamage);
    if (!job) return undefined;
    if (job.ended) return { ...job, endedAt: job.ended.at };
    if (!job.report) return job;
    const written = await stat(jobLayout(this.#roots, job.spec).report).catch(ignoreMissing);
    return { ...job, ...(written && { endedAt: written.mtime.toISOString() }) };
  }
}
