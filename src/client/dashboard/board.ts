import { EventEmitter, once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import type { Config } from '../../../temporal.config.js';
import { stageKey } from '../../workflows/attributes.js';
import { workflowIdOf } from '../connect.js';
import { isOpen } from '../resolveJob.js';
import { Speedometer } from '../render.js';
import type { Link } from './link.js';
import { observe, type Sight } from './observe.js';
import { Revisions } from './revisions.js';
import { rowOf } from './row.js';
import type { Job, Overview } from './schemas.js';
import { Shelf, type Shown } from './shelf.js';
import { SpeedHistory } from './speed.js';

/** Between two looks, while somebody looks at a page and while nobody does. */
const WATCHED_MS = 1000;
const UNWATCHED_MS = 5000;
/** Looks at single workflows: in one round, and at the same time. */
const ROUND = 60;
const AT_ONCE = 12;
/** A paused job does nothing; its resuming shows in the server's list. */
const PAUSED_MS = 20_000;

interface Watched {
  sight: Sight | undefined;
  /** False where the server does not know it, or did not answer so far. */
  asked: boolean;
  meter: Speedometer;
  speed: SpeedHistory;
}

/**
 * Everything that pages show, kept up to date: jobs by the disk, what they do by the server. Of thousands of jobs only those that
 * the server lists as running are looked at one by one.
 */
export class Board {
  readonly #config: Config;
  readonly #link: Link;
  readonly #shelf: Shelf;
  readonly #watched = new Map<string, Watched>();
  readonly #revisions = new Revisions();
  readonly #changes = new EventEmitter<{ round: [] }>().setMaxListeners(0);
  readonly #stop = new AbortController();
  #hurry = new AbortController();
  #viewers = 0;
  #overview: Overview = { server: 'away', devices: [] };
  #running: Promise<void> | undefined;

  constructor(config: Config, link: Link) {
    this.#config = config;
    this.#link = link;
    this.#shelf = new Shelf(config.roots);
  }

  get revisions(): Pick<Revisions, 'current' | 'since' | 'list' | 'get'> {
    return this.#revisions;
  }

  get overview(): Overview {
    return this.#overview;
  }

  /** Resolves after the first look. */
  async start(): Promise<void> {
    await this.#round();
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#hurry.abort();
    this.#changes.emit('round');
    await this.#running;
  }

  /** While anyone watches, looks are frequent. @returns what ends it. */
  watch(): () => void {
    this.#viewers++;
    this.#hurry.abort();
    return () => { this.#viewers--; };
  }

  /** Resolves after the next look. */
  async nextRound(): Promise<void> {
    await once(this.#changes, 'round');
  }

  /** Looks again now, so that what was just done to a job shows. */
  async lookNow(jobKey: string): Promise<Job | undefined> {
    const known = this.#watched.get(jobKey);
    if (known) known.asked = false;
    this.#hurry.abort();
    const look = new AbortController();
    await Promise.race([this.nextRound().then(() => this.nextRound()), sleep(2 * UNWATCHED_MS, undefined, { signal: look.signal, ref: false })]).finally(() => { look.abort(); });
    return this.#revisions.get(jobKey);
  }

  stored(jobKey: string): Shown | undefined {
    return this.#shelf.get(jobKey);
  }

  sight(jobKey: string): Sight | undefined {
    return this.#watched.get(jobKey)?.sight;
  }

  speed(jobKey: string, after?: number): [number, number][] {
    return this.#watched.get(jobKey)?.speed.after(after) ?? [];
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await sleep(this.#viewers > 0 ? WATCHED_MS : UNWATCHED_MS, undefined, { signal: this.#hurry.signal, ref: false }).catch(() => undefined);
      this.#hurry = new AbortController();
      if (!this.#stop.signal.aborted) await this.#round();
    }
  }

  async #round(): Promise<void> {
    const changed = await this.#shelf.refresh();
    const looked = await this.#look().catch(() => {
      this.#overview = { ...this.#overview, server: 'away' };
      return [];
    });
    const rows = [...new Set([...changed, ...looked])].map((key) => this.#shelf.get(key)).filter((job) => job !== undefined).map((job) => this.#row(job));
    this.#revisions.update(rows, [...changed].filter((key) => !this.#shelf.get(key)));
    for (const key of changed) if (!this.#shelf.get(key)) this.#watched.delete(key);
    this.#changes.emit('round');
  }

  #row(job: Shown): Job {
    const known = this.#watched.get(job.spec.jobKey);
    return rowOf(this.#config.roots, job, known?.sight, known?.meter.fps ?? 0);
  }

  /** Looks at the jobs that may have changed. @returns their keys. @throws when the server does not answer. */
  async #look(): Promise<string[]> {
    const { client, info } = await this.#link.reach();
    const running = await listRunning(client);
    const { roots, home } = this.#config;
    const free = await statfs(roots.jobs).catch(() => statfs(home)).then(({ bavail, bsize }) => roughly(bavail * bsize), () => undefined);
    this.#overview = {
      server: 'up',
      devices: info.devices.map(({ device, label }) => ({ device, label })),
      ...(free !== undefined && { freeBytes: free }),
      ...(info.uiUrl !== undefined && { temporalUrl: info.uiUrl }),
    };
    const due = [...this.#shelf.jobs()].filter(isOpen).map(({ spec }) => spec.jobKey).filter((key) => this.#isDue(key, running))
      .sort((a, b) => (this.sight(a)?.at ?? 0) - (this.sight(b)?.at ?? 0)).slice(0, ROUND);
    const limit = pLimit(AT_ONCE);
    await Promise.all(due.map((key) => limit(() => this.#lookAt(client, key))));
    return due;
  }

  #isDue(key: string, running: Map<string, string | undefined>): boolean {
    const known = this.#watched.get(key);
    if (!known?.asked) return true;
    if (!running.has(workflowIdOf(key))) return known.sight?.running ?? false;
    if (!known.sight?.running) return true;
    const paused = known.sight.progress?.paused !== undefined && running.get(workflowIdOf(key)) === 'paused';
    return !paused || Date.now() - known.sight.at > PAUSED_MS;
  }

  async #lookAt(client: Client, key: string): Promise<void> {
    const known = this.#watched.get(key) ?? { sight: undefined, asked: false, meter: new Speedometer(), speed: new SpeedHistory() };
    this.#watched.set(key, known);
    const sight = await observe(client, key, known.sight);
    // Of a workflow that is gone, what was seen last is how far the job has come.
    known.sight = sight ?? (known.sight && { ...known.sight, running: false });
    known.asked = true;
    if (!sight?.live || !sight.running) return;
    known.meter.add(sight.at, sight.live.doneFrames);
    known.speed.add(sight.at, sight.live.paused ? 0 : sight.live.fps || known.meter.fps);
  }
}

/** Workflows of jobs that run, with the stage that the server knows of each. One request for a thousand of them. */
async function listRunning(client: Client): Promise<Map<string, string | undefined>> {
  const running = new Map<string, string | undefined>();
  for await (const found of client.workflow.list({ query: "WorkflowType = 'upscaleVideo' AND ExecutionStatus = 'Running'", pageSize: 1000 })) {
    running.set(found.workflowId, found.typedSearchAttributes.get(stageKey));
  }
  return running;
}

/** Ten megabytes more or less are no news. */
const roughly = (bytes: number): number => Math.round(bytes / 1e7) * 1e7;
