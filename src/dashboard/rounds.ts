import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from '@temporalio/client';
import type { Config } from '../../temporal.config.js';
import { listSchedules } from '../client/batch/schedules.js';
import type { LiveProgress } from '../client/job/live.js';
import type { BatchProgress } from '../job/batch/contracts.js';
import { batchLayout } from '../job/batch/layout.js';
import type { BatchSpec } from '../job/batch/spec.js';
import { lastSummary, storedBatches } from '../job/batch/store.js';
import { batchWorkflowId } from '../job/workflowIds.js';
import { namesIn } from '../lib/durable.js';
import { ignoreKnown, ignoreMissing } from '../lib/systemErrors.js';
import { Trouble } from '../lib/trouble.js';
import type { upscaleBatch } from '../workflows/index.js';
import { batchQuery } from '../workflows/messages.js';
import { batchRowOf, type LastRound } from './batchRow.js';
import type { Batches, Schedule } from './schemas/batches.js';

/** Batches that pages hear of, besides those at work. */
const MOST = 100;
/** Longest wait for the control worker's answer: while it is away, what it said last stands. */
const QUERY_MS = 3000;
/** Between two looks at the schedules, which only fire by the minute; what is done to one shows at once. */
const SCHEDULES_MS = 5000;

/** Batches by the disk and, where a round is at work, by the server; schedules by the server alone. */
export class Rounds {
  readonly #config: Config;
  readonly #lastRounds = new Map<string, { stamp: string; last: LastRound | undefined; latest: string | undefined }>();
  readonly #progress = new Map<string, BatchProgress>();
  readonly #trouble: Trouble;
  #schedules: Schedule[] = [];
  #schedulesAt = -Infinity;
  #view: Batches = { batches: [], schedules: [] };

  constructor(config: Config, log: (line: string) => void) {
    this.#config = config;
    this.#trouble = new Trouble((reason) => {
      log(`batches and schedules are shown as they were: ${reason}`);
    });
  }

  get view(): Batches {
    return this.#view;
  }

  /** The schedules are looked at in the next round, too. */
  hurry(): void {
    this.#schedulesAt = -Infinity;
  }

  /** @param client undefined while the server is away. @param jobOf how far a job is, as far as is known. */
  async refresh(client: Client | undefined, jobOf: (jobKey: string) => LiveProgress | undefined): Promise<void> {
    const specs = (await storedBatches(this.#config.roots)).reverse();
    const running = client && (await listRounds(client).catch(this.#trouble.met));
    if (client && running) await this.#ask(client, specs, running);
    const shown = specs.filter((spec, i) => i < MOST || this.#progress.has(spec.batchKey));
    const batches = await Promise.all(
      shown.map(async (spec) =>
        batchRowOf(this.#config.roots, spec, {
          ...(await this.#ended(spec)),
          progress: this.#progress.get(spec.batchKey),
          jobOf,
        }),
      ),
    );
    if (client && Date.now() - this.#schedulesAt > SCHEDULES_MS) {
      this.#schedulesAt = Date.now();
      this.#schedules = (await listSchedules(this.#config, client).catch(this.#trouble.met)) ?? this.#schedules;
    }
    const known = new Map(specs.map((spec) => [spec.batchKey.slice(0, 8), spec.batchKey]));
    // A round begins and ends between two looks at the schedules.
    const isAtWork = (key: string): boolean =>
      batches.some(({ batch, status }) => batch === key && (status === 'running' || status === 'paused'));
    const schedules = this.#schedules.flatMap((schedule) => {
      const batch = known.get(schedule.batch);
      return batch === undefined ? [] : [{ ...schedule, batch, running: isAtWork(batch) }];
    });
    this.#view = { batches, schedules };
  }

  /** @param running workflows of rounds at work. A schedule's rounds have the time behind the batch's name. */
  async #ask(client: Client, specs: readonly BatchSpec[], running: readonly string[]): Promise<void> {
    const working = new Set<string>();
    await Promise.all(
      specs.map(async ({ batchKey }) => {
        const id = batchWorkflowId(batchKey);
        const workflow = running.find((name) => name === id || name.startsWith(`${id}-`));
        if (workflow === undefined) return;
        working.add(batchKey);
        const handle = client.workflow.getHandle<typeof upscaleBatch>(workflow);
        const progress = await client
          .withDeadline(Date.now() + QUERY_MS, () => handle.query(batchQuery))
          .catch(ignoreKnown);
        if (progress) this.#progress.set(batchKey, progress);
      }),
    );
    for (const key of this.#progress.keys()) if (!working.has(key)) this.#progress.delete(key);
  }

  /** How the last round ended; read again only when the latest one's folder has changed. */
  async #ended({ batchKey }: BatchSpec): Promise<{ last: LastRound | undefined; latest: string | undefined }> {
    const { rounds } = batchLayout(this.#config.roots, batchKey);
    const latest = (await namesIn(rounds)).sort().at(-1);
    const folder = latest === undefined ? undefined : await stat(path.join(rounds, latest)).catch(ignoreMissing);
    const changed = folder?.mtimeMs ?? 0;
    const stamp = `${latest} ${changed}`;
    const known = this.#lastRounds.get(batchKey);
    if (known?.stamp === stamp) return known;
    const found = await lastSummary(this.#config.roots, batchKey);
    const last = found && { round: found.round, summary: { ...found.summary, videos: [] } };
    this.#lastRounds.set(batchKey, { stamp, last, latest });
    return { last, latest };
  }
}

async function listRounds(client: Client): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId } of client.workflow.list({
    query: "WorkflowType = 'upscaleBatch' AND ExecutionStatus = 'Running'",
  }))
    found.push(workflowId);
  return found;
}
