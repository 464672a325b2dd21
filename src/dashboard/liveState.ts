import { EventEmitter, once } from 'node:events';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../temporal.config.js';
import { resolveRooted } from '../job/layout.js';
import { idle } from '../lib/idle.js';
import { ignoreKnown, ignoreMissing } from '../lib/systemErrors.js';
import { Trouble } from '../lib/trouble.js';
import { JobCache, type Shown } from './jobCache.js';
import type { Link } from './link.js';
import { listRunning, type Observation } from './observation.js';
import { Revisions } from './revisions.js';
import { Rounds } from './rounds.js';
import { rowOf } from './row.js';
import type { Batches } from './schemas/batches.js';
import type { Overview } from './schemas/events.js';
import type { Job } from './schemas/jobs.js';
import { WatchedJobs } from './watchedJobs.js';

/** Between two looks, while somebody looks at a page and while nobody does. */
const WATCHED_MS = 1000;
const UNWATCHED_MS = 5000;

/**
 * Everything that pages show, kept up to date: jobs by the disk, what they do by the server. Of thousands of jobs only
 * those that the server lists as running are looked at one by one.
 */
export class LiveState {
  readonly #config: Config;
  readonly #link: Link;
  readonly #jobCache: JobCache;
  readonly #watched: WatchedJobs;
  readonly #rounds: Rounds;
  readonly #revisions = new Revisions();
  readonly #changes = new EventEmitter<{ round: [] }>().setMaxListeners(0);
  readonly #away: Trouble;
  readonly #blind: Trouble;
  readonly #stop = new AbortController();
  #hurry = new AbortController();
  #viewers = 0;
  #looks = 0;
  #overview: Overview = { server: 'away', devices: [] };
  #running: Promise<void> | undefined;

  constructor(config: Config, link: Link, log: (line: string) => void) {
    this.#config = config;
    this.#link = link;
    this.#jobCache = new JobCache(config.roots);
    this.#watched = new WatchedJobs(config.roots, this.#jobCache);
    this.#rounds = new Rounds(config, log);
    this.#away = new Trouble((reason) => {
      log(`the server does not answer and is asked again: ${reason}`);
    });
    this.#blind = new Trouble((reason) => {
      log(`jobs are shown as they were: ${reason}`);
    });
  }

  get revisions(): Pick<Revisions, 'current' | 'since' | 'list' | 'get'> {
    return this.#revisions;
  }

  /** Looks so far: what was put together after one holds until the next. */
  get looks(): number {
    return this.#looks;
  }

  get overview(): Overview {
    return this.#overview;
  }

  get batches(): Batches {
    return this.#rounds.view;
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
    return () => {
      this.#viewers--;
    };
  }

  /** Resolves after the next look. */
  async nextRound(): Promise<void> {
    await once(this.#changes, 'round');
  }

  /**
   * Looks again now, so that what was just done shows. @param jobKey the job that something was done to, if it was
   * one.
   */
  async lookNow(jobKey?: string): Promise<Job | undefined> {
    if (jobKey === undefined) this.#rounds.hurry();
    else this.#watched.askAgain(jobKey);
    this.#hurry.abort();
    const look = new AbortController();
    await Promise.race([
      this.nextRound().then(() => this.nextRound()),
      sleep(2 * UNWATCHED_MS, undefined, { signal: look.signal, ref: false }),
    ]).finally(() => {
      look.abort();
    });
    return jobKey === undefined ? undefined : this.#revisions.get(jobKey);
  }

  /** The job that the first digits of a key mean, where it is there. */
  keyOf(short: string): string | undefined {
    for (const { spec } of this.#jobCache.jobs()) if (spec.jobKey.startsWith(short)) return spec.jobKey;
    return undefined;
  }

  /** A job that one of this machine's workers has something of, if any. */
  workingHere(): Job | undefined {
    const here = ` on ${os.hostname()}`;
    for (const { spec } of this.#jobCache.jobs()) {
      const job = this.#revisions.get(spec.jobKey);
      if (job?.status === 'running' && job.devices.some((device) => device.endsWith(here))) return job;
    }
    return undefined;
  }

  /** Where the inputs and outputs of the known jobs lie. */
  *folders(): Iterable<string> {
    for (const { spec } of this.#jobCache.jobs())
      for (const file of [spec.input, spec.output]) yield path.dirname(resolveRooted(this.#config.roots, file));
  }

  stored(jobKey: string): Shown | undefined {
    return this.#jobCache.get(jobKey);
  }

  observation(jobKey: string): Observation | undefined {
    return this.#watched.get(jobKey)?.observation;
  }

  speed(jobKey: string, after?: number): [number, number][] {
    return this.#watched.get(jobKey)?.speed.after(after) ?? [];
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await idle(this.#viewers > 0 ? WATCHED_MS : UNWATCHED_MS, this.#hurry.signal, { ref: false });
      this.#hurry = new AbortController();
      // The disk may be away for a moment.
      if (!this.#stop.signal.aborted) await this.#round().then(this.#blind.over, this.#blind.met);
    }
  }

  async #round(): Promise<void> {
    const changed = await this.#jobCache.refresh();
    const looked = await this.#look().catch(this.#away.met);
    if (looked) this.#away.over();
    else this.#overview = { ...this.#overview, server: 'away' };
    const rows = [...new Set([...changed, ...(looked ?? [])])]
      .map((key) => this.#jobCache.get(key))
      .filter((job) => job !== undefined)
      .map((job) => this.#row(job));
    this.#revisions.update(
      rows,
      [...changed].filter((key) => !this.#jobCache.get(key)),
    );
    for (const key of changed) if (!this.#jobCache.get(key)) this.#watched.forget(key);
    // A server that goes away just now is found to be away by the next look.
    const reach = looked && (await this.#link.reach().catch(ignoreKnown));
    await this.#rounds.refresh(reach?.client, (key) => this.observation(key)?.live);
    this.#looks++;
    this.#changes.emit('round');
  }

  #row(job: Shown): Job {
    const known = this.#watched.get(job.spec.jobKey);
    return rowOf(this.#config.roots, job, {
      observation: known?.observation,
      durable: known?.durable,
      time: known?.time,
    });
  }

  /** Looks at the jobs that may have changed. @returns their keys. @throws when the server does not answer. */
  async #look(): Promise<string[]> {
    const { client, info } = await this.#link.reach();
    const running = await listRunning(client);
    const { roots, home } = this.#config;
    const disk = (await statfs(roots.jobs).catch(ignoreMissing)) ?? (await statfs(home).catch(ignoreMissing));
    const free = disk && roughly(disk.bavail * disk.bsize);
    this.#overview = {
      server: 'up',
      devices: info.devices.map(({ device, label }) => ({ device, label })),
      ...(free !== undefined && { freeBytes: free }),
      ...(info.uiUrl !== undefined && { temporalUrl: info.uiUrl }),
    };
    return this.#watched.look(client, running);
  }
}

/** Ten megabytes more or less are no news. */
const roughly = (bytes: number): number => Math.round(bytes / 1e7) * 1e7;
