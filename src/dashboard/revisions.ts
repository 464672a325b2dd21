import { randomName } from '../lib/durable.js';
import type { JobsEvent } from './schemas/events.js';
import type { Job, Jobs } from './schemas/jobs.js';

/** Jobs that are gone are remembered this long, in number, so that pages that were away for a while hear of them. */
const TOMBSTONES = 2000;

/**
 * The rows of all jobs, each with the revision that changed it last: whoever knows a revision can be told what is
 * different since. A revision of another process means nothing here, so it carries the name of this one.
 */
export class Revisions {
  readonly #name = randomName();
  readonly #rows = new Map<string, { row: Job; text: string; changed: number }>();
  readonly #removed = new Map<string, number>();
  /** Changes before it are forgotten. */
  #oldest = 0;
  #now = 0;

  get current(): string {
    return `${this.#name}-${this.#now}`;
  }

  get(job: string): Job | undefined {
    return this.#rows.get(job)?.row;
  }

  /** Takes rows as they are now, and keys that are gone. @returns whether anything is different. */
  update(rows: readonly Job[], gone: readonly string[]): boolean {
    const next = this.#now + 1;
    let different = false;
    for (const row of rows) {
      const text = JSON.stringify(row);
      if (this.#rows.get(row.job)?.text === text) continue;
      this.#rows.set(row.job, { row, text, changed: next });
      this.#removed.delete(row.job);
      different = true;
    }
    for (const job of gone) {
      if (!this.#rows.delete(job)) continue;
      this.#removed.set(job, next);
      different = true;
    }
    for (const [job, at] of this.#removed) {
      if (this.#removed.size <= TOMBSTONES) break;
      this.#removed.delete(job);
      this.#oldest = at;
    }
    if (different) this.#now = next;
    return different;
  }

  /** @returns undefined for a revision that says nothing here. */
  since(revision: string): JobsEvent | undefined {
    const [name, number] = revision.split('-');
    const known = Number(number);
    if (name !== this.#name || !Number.isInteger(known) || known < this.#oldest || known > this.#now) return undefined;
    return {
      total: this.#rows.size,
      changed: [...this.#rows.values()].filter(({ changed }) => changed > known).map(({ row }) => row),
      removed: [...this.#removed].filter(([, at]) => at > known).map(([job]) => job),
    };
  }

  /** The newest ones first. */
  list(limit: number): Jobs {
    const rows = [...this.#rows.values()].map(({ row }) => row).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    return { revision: this.current, total: rows.length, jobs: rows.slice(0, limit) };
  }
}
