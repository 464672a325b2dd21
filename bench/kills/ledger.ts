import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

export interface Violation {
  event: number;
  what: string;
  /** Key of a job, or the name of a task of several. */
  job: string;
}

/** What happened in a campaign: counted, written to a journal, and kept where something was violated. */
export class Ledger {
  readonly folder: string;
  readonly violations: Violation[] = [];
  readonly events = new Map<string, number>();
  readonly outcomes = new Map<string, number>();
  /** Events that hit something. */
  hits = 0;
  /** Number of the event at hand, those that found nothing to hit included: what a seed means goes by it. */
  event = 0;
  readonly #began = performance.now();

  readonly seed: number;

  constructor(seed: number) {
    this.seed = seed;
    this.folder = path.join(os.tmpdir(), `reelscale-kills-seed-${seed}-${process.pid}`);
    mkdirSync(this.folder, { recursive: true });
  }

  note(line: string): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1).padStart(7);
    appendFileSync(path.join(this.folder, 'journal.log'), `${seconds} #${this.event} ${line}\n`);
  }

  happened(kind: string, detail: string): void {
    this.hits++;
    count(this.events, kind);
    this.note(`EVENT ${kind}: ${detail}`);
  }

  outcome(what: string): void {
    count(this.outcomes, what);
  }

  /** @param folders what is kept beside the journal, of the first violation of a job. */
  violation(what: string, job: string, folders: readonly string[] = []): void {
    this.violations.push({ event: this.event, what, job });
    this.note(`VIOLATION ${job}: ${what}`);
    console.log(`VIOLATION seed ${this.seed}, event ${this.event}, job ${job}: ${what}`);
    const kept = path.join(this.folder, job);
    for (const folder of existsSync(kept) ? [] : folders) {
      // Files come and go while they are copied.
      try {
        cpSync(folder, path.join(kept, folder.split(path.sep).slice(-2).join('-')), { recursive: true });
      } catch (error) {
        this.note(`not kept: ${(error as Error).message}`);
      }
    }
  }

  /** The journal and what was kept stay only where something was violated. */
  close(): void {
    if (this.violations.length === 0) rmSync(this.folder, { recursive: true, force: true });
    else console.log(`journal and logs: ${this.folder}`);
  }
}

function count(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}
