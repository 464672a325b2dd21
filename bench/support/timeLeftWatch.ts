import { setTimeout as sleep } from 'node:timers/promises';
import { connectIfRunning, workflowIdOf } from '../../src/client/connection/connect.js';
import { findJob } from '../../src/client/job/findJob.js';
import { liveProgress } from '../../src/client/job/live.js';
import { TimeLeft } from '../../src/client/job/timeLeft.js';
import type { Config } from '../../temporal.config.js';

const EVERY_MS = 1000;
/** What a job does before its first tenth is over is not counted. */
const FIRST = 0.1;

/** Watches a job while it is at work, as people do, and remembers when it was said to end. */
export class TimeLeftWatch {
  readonly #config: Config;
  readonly #output: string;
  readonly #begin = performance.now();
  readonly #time = new TimeLeft();
  /** Milliseconds since the begin: when it was said, and the end that was said. */
  readonly #told: { at: number; end: number }[] = [];
  readonly #ended = new AbortController();
  readonly #watching: Promise<void>;

  /** @param output of a job that was just asked for. */
  constructor(config: Config, output: string) {
    this.#config = config;
    this.#output = output;
    this.#watching = this.#watch();
  }

  /**
   * To be called as the job ends. @returns the largest distance of a told end from the real one, as a share of the
   * whole time, behind the first tenth; undefined where nothing was told then.
   */
  async worst(): Promise<number | undefined> {
    const end = performance.now() - this.#begin;
    this.#ended.abort();
    await this.#watching;
    const counted = this.#told.filter(({ at }) => at > FIRST * end && at < end);
    return counted.length === 0 ? undefined : Math.max(...counted.map((told) => Math.abs(told.end - end) / end));
  }

  async #watch(): Promise<void> {
    const session = await connectIfRunning(this.#config);
    if (!session) throw new Error('no server runs');
    try {
      for (; !this.#ended.signal.aborted; await sleep(EVERY_MS)) {
        // It has no workflow before it was read, and its last question may come too late.
        const live = await findJob(this.#config, this.#output)
          .then(({ spec }) => liveProgress(session.client.workflow.getHandle(workflowIdOf(spec.jobKey))))
          .catch(() => undefined);
        if (!live) continue;
        this.#time.add(performance.now(), live);
        const left = this.#time.seconds(live);
        const at = performance.now() - this.#begin;
        if (left !== undefined) this.#told.push({ at, end: at + 1000 * left });
      }
    } finally {
      await session.close();
    }
  }
}
