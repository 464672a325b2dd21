import { EventEmitter, once } from 'node:events';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import type { Config } from '../../temporal.config.js';
import { workflowIdOf } from '../client/connection/connect.js';
import { isOpen } from '../client/job/resolveJob.js';
import { Speedometer } from '../client/job/speedometer.js';
import { resolveRooted } from '../job/layout.js';
import { idle } from '../lib/idle.js';
import { ignoreKnown, ignoreMissing } from '../lib/systemErrors.js';
import { Trouble } from '../lib/trouble.js';
import { type DurableFrames, durableOf } from './durableFrames.js';
import { JobCache, type Shown } from './jobCache.js';
import type { Link } from './link.js';
import { listRunning, type Observation, observe } from './observation.js';
import { Revisions } from './revisions.js';
import { Rounds } from './rounds.js';
import { rowOf } from './row.js';
import type { Batches } from './schemas/batches.js';
import type { Overview } from './schemas/events.js';
import type { Job } from './schemas/jobs.js';
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
  observation: Observation | undefined;
  /** Where nobody works on it, or did when it was looked at last. */
  durable: DurableFrames | undefined;
  /** False where the server does not know it, or did not answer so far. */
  asked: boolean;
  meter: Speedometer;
  speed: SpeedHistory;
}

/**
 * Everything that pages show, kept up to date: jobs by the disk, what they do by the server. Of thousands of jobs only
 * those that the server lists as running are looked at one by one.
 */
export class LiveState {
  readonly #config: Config;
  readonly #link: Link;
  readonly #jobCache: JobCache;
  readonly #watched = new Map<string, Watched>();
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
    const known = jobKey === undefined ? undefined : this.#watched.get(jobKey);
    if (known) known.asked = false;
    if (jobKey === undefined) this.#rounds.hurry();
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
    for (const key of changed) if (!this.#jobCache.get(key)) this.#watched.delete(key);
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
      fps: known?.meter.fps ?? 0,
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
    const due = [...this.#jobCache.jobs()]
      .filter(isOpen)
      .map(({ spec }) => spec.jobKey)
      .filter((key) => this.#isDue(key, running))
      .sort((a, b) => (this.observation(a)?.at ?? 0) - (this.observation(b)?.at ?? 0))
      .slice(0, ROUND);
    const limit = pLimit(AT_ONCE);
    await Promise.all(due.map((key) => limit(() => this.#lookAt(client, key))));
    return due;
  }

  #isDue(key: string, running: Map<string, string | undefined>): boolean {
    const known = this.#watched.get(key);
    if (!known?.asked) return true;
    if (!running.has(workflowIdOf(key))) return known.observation?.running ?? false;
    if (!known.observation?.running) return true;
    const paused = known.observation.progress?.paused !== undefined && running.get(workflowIdOf(key)) === 'paused';
    return !paused || Date.now() - known.observation.at > PAUSED_MS;
  }

  async #lookAt(client: Client, key: string): Promise<void> {
    const known = this.#watched.get(key) ?? {
      observation: undefined,
      durable: undefined,
      asked: false,
      meter: new Speedometer(),
      speed: new SpeedHistory(),
    };
    this.#watched.set(key, known);
    const observation = await observe(client, key, known);
    // Of a workflow that is gone, what was seen last is how far the job has come.
    known.observation = observation ?? (known.observation && { ...known.observation, running: false });
    known.asked = true;
    const stored = this.#jobCache.get(key);
    if (stored && (!observation?.running || observation.live?.paused))
      known.durable = await durableOf(this.#config.roots, stored.spec);
    if (!observation?.live || !observation.running) return;
    known.meter.add(observation.at, observation.live.doneFrames);
    // The curve begins with the first frame; what lies before says nothing of the speed.
    const isAtWork = observation.live.stage === 'upscale' || observation.live.stage === 'encode';
    if (isAtWork && observation.live.doneFrames > 0)
      known.speed.add(observation.at, observation.live.paused ? 0 : observation.live.fps || known.meter.fps);
  }
}

/** Ten megabytes more or less are no news. */
const roughly = (bytes: number): number => Math.round(bytes / 1e7) * 1e7;
