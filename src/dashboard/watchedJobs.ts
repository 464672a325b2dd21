import type { Client } from '@temporalio/client';
import pLimit from 'p-limit';
import { workflowIdOf } from '../client/connection/connect.js';
import { TimeLeft } from '../client/job/timeLeft.js';
import type { Roots } from '../job/layout.js';
import { isOpen } from '../job/store.js';
import { type DurableFrames, durableOf } from './durableFrames.js';
import type { JobCache } from './jobCache.js';
import { type Observation, observe } from './observation.js';
import { SpeedHistory } from './speed.js';

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
  time: TimeLeft;
  speed: SpeedHistory;
}

/** What was seen of the open jobs' workflows. Of thousands only those that may have changed are looked at. */
export class WatchedJobs {
  readonly #roots: Roots;
  readonly #jobCache: JobCache;
  readonly #jobs = new Map<string, Watched>();

  constructor(roots: Roots, jobCache: JobCache) {
    [this.#roots, this.#jobCache] = [roots, jobCache];
  }

  get(jobKey: string): Readonly<Watched> | undefined {
    return this.#jobs.get(jobKey);
  }

  /** The next look is at this job too. */
  askAgain(jobKey: string): void {
    const known = this.#jobs.get(jobKey);
    if (known) known.asked = false;
  }

  forget(jobKey: string): void {
    this.#jobs.delete(jobKey);
  }

  /**
   * Looks at the jobs that may have changed.
   * @param running by their ids, the stages of the workflows that the server lists as running.
   * @returns the keys of those that were looked at.
   */
  async look(client: Client, running: Map<string, string | undefined>): Promise<string[]> {
    const due = [...this.#jobCache.jobs()]
      .filter(isOpen)
      .map(({ spec }) => spec.jobKey)
      .filter((key) => this.#isDue(key, running))
      .sort((a, b) => (this.#jobs.get(a)?.observation?.at ?? 0) - (this.#jobs.get(b)?.observation?.at ?? 0))
      .slice(0, ROUND);
    const limit = pLimit(AT_ONCE);
    await Promise.all(due.map((key) => limit(() => this.#lookAt(client, key))));
    return due;
  }

  #isDue(key: string, running: Map<string, string | undefined>): boolean {
    const known = this.#jobs.get(key);
    if (!known?.asked) return true;
    if (!running.has(workflowIdOf(key))) return known.observation?.running ?? false;
    if (!known.observation?.running) return true;
    const paused = known.observation.progress?.paused !== undefined && running.get(workflowIdOf(key)) === 'paused';
    return !paused || Date.now() - known.observation.at > PAUSED_MS;
  }

  async #lookAt(client: Client, key: string): Promise<void> {
    const known = this.#jobs.get(key) ?? {
      observation: undefined,
      durable: undefined,
      asked: false,
      time: new TimeLeft(),
      speed: new SpeedHistory(),
    };
    this.#jobs.set(key, known);
    const observation = await observe(client, key, known);
    // Of a workflow that is gone, what was seen last is how far the job has come.
    known.observation = observation ?? (known.observation && { ...known.observation, running: false });
    known.asked = true;
    const stored = this.#jobCache.get(key);
    if (stored && (!observation?.running || observation.live?.paused))
      known.durable = await durableOf(this.#roots, stored.spec);
    if (!observation?.live || !observation.running) return;
    known.time.add(observation.at, observation.live);
    // The curve begins with the first frame; what lies before says nothing of the speed.
    const isAtWork = observation.live.stage === 'upscale' || observation.live.stage === 'encode';
    if (isAtWork && observation.live.doneFrames > 0)
      known.speed.add(observation.at, observation.live.paused ? 0 : known.time.fps(observation.live));
  }
}
