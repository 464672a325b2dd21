import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Connection, WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { readJson, replaceJson } from '../lib/durable.js';

const POLL_MS = 3000;

/**
 * Leases that the supervisor holds itself for jobs that nobody waits for. They are written down, so that a supervisor
 * that follows a crashed one holds them again.
 */
export class DetachedJobs {
  readonly #file: string;
  readonly #client: Client;
  readonly #changed: () => void;
  readonly #signal: AbortSignal;
  readonly #jobs = new Set<string>();
  #saved: Promise<void> = Promise.resolve();

  constructor(options: {
    file: string;
    connection: Connection;
    namespace: string;
    signal: AbortSignal;
    changed: () => void;
  }) {
    this.#file = options.file;
    this.#client = new Client({ connection: options.connection, namespace: options.namespace });
    this.#signal = options.signal;
    this.#changed = options.changed;
  }

  get count(): number {
    return this.#jobs.size;
  }

  has(workflowId: string): boolean {
    return this.#jobs.has(workflowId);
  }

  async restore(): Promise<void> {
    const known = await readJson(this.#file, z.array(z.string())).catch(() => undefined);
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
    void this.#untilEnded(workflowId).then(
      async () => {
        this.#jobs.delete(workflowId);
        await this.#save();
        this.#changed();
      },
      // The supervisor ends first: the next one goes on watching.
      () => undefined,
    );
  }

  async #untilEnded(workflowId: string): Promise<void> {
    for (;;) {
      try {
        const { status } = await this.#client.workflow.getHandle(workflowId).describe();
        if (status.name !== 'RUNNING') return;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return;
        // The server is away for a moment.
      }
      await sleep(POLL_MS, undefined, { signal: this.#signal });
    }
  }

  #save(): Promise<void> {
    this.#saved = this.#saved.catch(() => undefined).then(() => replaceJson(this.#file, [...this.#jobs]));
    return this.#saved;
  }
}
