import { Client, type Connection, WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { readJson, replaceJson } from '../lib/durable.js';
import { RecordDamaged } from '../lib/errors.js';
import { idle } from '../lib/idle.js';
import { ignoreKnown } from '../lib/systemErrors.js';

const POLL_MS = 3000;

/**
 * Leases that the supervisor holds itself for jobs that nobody waits for. They are written down, so that a supervisor
 * that follows a crashed one holds them again.
 */
export class DetachedJobs {
  readonly #file: string;
  readonly #client: Client;
  readonly #changed: () => void;
  readonly #log: (line: string) => void;
  readonly #signal: AbortSignal;
  readonly #jobs = new Set<string>();
  #saved: Promise<void> = Promise.resolve();

  constructor(options: {
    file: string;
    connection: Connection;
    namespace: string;
    signal: AbortSignal;
    changed: () => void;
    log: (line: string) => void;
  }) {
    this.#file = options.file;
    this.#client = new Client({ connection: options.connection, namespace: options.namespace });
    this.#signal = options.signal;
    this.#changed = options.changed;
    this.#log = options.log;
  }

  get count(): number {
    return this.#jobs.size;
  }

  has(workflowId: string): boolean {
    return this.#jobs.has(workflowId);
  }

  async restore(): Promise<void> {
    const known = await readJson(this.#file, z.array(z.string())).catch((error: unknown) => {
      if (!(error instanceof RecordDamaged)) throw error;
      this.#log(`which jobs go on without anybody waiting is not known any more: ${error.message}`);
    });
    for (const workflowId of known ?? []) this.#watch(workflowId);
  }

  async add(workflowId: string): Promise<void> {
    this.#watch(workflowId);
    await this.#save();
  }

  #watch(workflowId: string): void {
    if (this.#jobs.has(workflowId)) return;
    this.#jobs.add(workflowId);
    this.#changed();
    void this.#forgetOnceEnded(workflowId);
  }

  async #forgetOnceEnded(workflowId: string): Promise<void> {
    while (await this.#mayRun(workflowId)) {
      await idle(POLL_MS, this.#signal);
      // The next supervisor goes on watching.
      if (this.#signal.aborted) return;
    }
    this.#jobs.delete(workflowId);
    await this.#save().catch((error: unknown) => {
      // Nothing is lost: a supervisor that reads the old list finds out that the job has ended.
      this.#log(`${this.#file} cannot be written: ${(error as Error).message}`);
    });
    this.#changed();
  }

  async #mayRun(workflowId: string): Promise<boolean> {
    try {
      return (await this.#client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
    } catch (error) {
      // Any other error: the server is away for a moment.
      return !(error instanceof WorkflowNotFoundError);
    }
  }

  #save(): Promise<void> {
    // Who wanted the list before has heard what became of it.
    this.#saved = this.#saved.catch(ignoreKnown).then(() => replaceJson(this.#file, [...this.#jobs]));
    return this.#saved;
  }
}
