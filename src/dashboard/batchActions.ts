import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from '../../temporal.config.js';
import { cancelBatch, pauseBatch, resumeBatch, runningBatch } from '../client/batch/batchRound.js';
import { deleteSchedule, pauseSchedule, resumeSchedule, triggerSchedule } from '../client/batch/schedules.js';
import type { BatchHandle } from '../client/batch/startBatch.js';
import type { BatchEntry, VideoResult } from '../job/batch/records.js';
import type { BatchSpec } from '../job/batch/spec.js';
import { lastSummary, loadRound, readBatch, readResults, roundsOf } from '../job/batch/store.js';
import { UserError } from '../lib/errors.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import type { Link, Reach } from './link.js';
import type { LiveState } from './liveState.js';
import type { BatchDetail, Batches } from './schemas/batches.js';

type Video = BatchDetail['videos'][number];

/** Videos of one batch that a page shows. */
const MOST = 1000;
/** What needs a look comes first. */
const ORDER: Video['status'][] = [
  'failed',
  'damaged',
  'cancelled',
  'running',
  'unfinished',
  'waiting',
  'done',
  'skipped',
];

/** What pages can do about batches and schedules: the same as the commands of the same names. */
export class BatchActions {
  readonly #config: Config;
  readonly #liveState: LiveState;
  readonly #link: Link;

  constructor(config: Config, liveState: LiveState, link: Link) {
    [this.#config, this.#liveState, this.#link] = [config, liveState, link];
  }

  pause(batchKey: string): Promise<Batches> {
    return this.#onRound(batchKey, ({ client }, handle) => pauseBatch(client, handle, 'by the user'));
  }

  /** Goes on with the round at work, or begins one. */
  async resume(batchKey: string): Promise<Batches> {
    const spec = await this.#spec(batchKey);
    const { client, info } = await this.#link.reach();
    const { workflowId } = await resumeBatch(this.#config, { client, lease: { info } }, spec);
    await this.#link.keep(workflowId);
    return this.#now();
  }

  cancel(batchKey: string, discard: boolean): Promise<Batches> {
    return this.#onRound(batchKey, (_, handle) => cancelBatch(handle, discard));
  }

  pauseSchedule(name: string): Promise<Batches> {
    return this.#onServer(({ client }) => pauseSchedule(this.#config, client, name, 'by the user'));
  }

  resumeSchedule(name: string): Promise<Batches> {
    return this.#onServer(({ client }) => resumeSchedule(this.#config, client, name));
  }

  trigger(name: string): Promise<Batches> {
    return this.#onServer(async ({ client }) => {
      if (!(await triggerSchedule(this.#config, client, name)))
        throw new UserError(`a round of ${name} is at work already`);
    });
  }

  deleteSchedule(name: string): Promise<Batches> {
    return this.#onServer(({ client }) => deleteSchedule(this.#config, client, name));
  }

  /** The videos of the latest round. @returns undefined for a batch that is not there. */
  async detail(batchKey: string): Promise<BatchDetail | undefined> {
    const batch = this.#liveState.batches.batches.find((each) => each.batch === batchKey);
    if (!batch) return undefined;
    const [round] = await roundsOf(this.#config.roots, batchKey);
    const list =
      round === undefined ? undefined : await loadRound(this.#config.roots, batchKey, round).catch(unlessLost);
    if (round === undefined || !list) return { batch, videos: [], more: 0 };
    const results = await readResults(this.#config.roots, batchKey, round);
    const working = new Map(batch.working.map(({ index, job }) => [index, job]));
    const videos = [
      ...list.entries.map((entry, index): Video => {
        const result = results.get(index);
        const job = result ? undefined : working.get(index);
        return result
          ? this.#ended(entry, result)
          : {
              input: nameOf(entry),
              status: job === undefined ? 'waiting' : 'running',
              ...(job !== undefined && { job }),
            };
      }),
      ...list.skipped.map((entry): Video => ({ input: nameOf(entry), status: 'skipped', ...this.#jobOf(entry.job) })),
    ].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
    return { batch, videos: videos.slice(0, MOST), more: Math.max(0, videos.length - MOST) };
  }

  /** The page about the last round that has ended. */
  async summary(batchKey: string): Promise<string | undefined> {
    const last = await lastSummary(this.#config.roots, batchKey);
    return last && readFile(last.page, 'utf8').catch(ignoreMissing);
  }

  #ended(entry: BatchEntry, result: VideoResult): Video {
    const { status, job, frames, bytes, error } = result;
    const of = this.#jobOf(job);
    // Somebody may have wanted it after the round.
    const report = of.job === undefined ? undefined : this.#liveState.stored(of.job)?.report;
    const accepted = report?.accepted?.problems ?? result.accepted;
    if (accepted && report && status === 'failed')
      return { input: nameOf(entry), status: 'done', ...of, frames: report.frames, bytes: report.bytes, accepted };
    return {
      input: nameOf(entry),
      status,
      ...of,
      ...(frames !== undefined && { frames }),
      ...(bytes !== undefined && { bytes }),
      ...(error !== undefined && { error }),
      ...(accepted && { accepted }),
    };
  }

  /** Results name jobs by their first digits. */
  #jobOf(short: string | undefined): { job?: string } {
    const job = short === undefined ? undefined : this.#liveState.keyOf(short);
    return job === undefined ? {} : { job };
  }

  async #spec(batchKey: string): Promise<BatchSpec> {
    const spec = await readBatch(this.#config.roots, batchKey);
    if (!spec) throw new UserError('there is no such batch');
    return spec;
  }

  async #onRound(batchKey: string, act: (reach: Reach, handle: BatchHandle) => Promise<void>): Promise<Batches> {
    const spec = await this.#spec(batchKey);
    return this.#onServer(async (reach) => {
      const handle = await runningBatch(reach.client, spec);
      if (!handle) throw new UserError('the batch is not running');
      await act(reach, handle);
    });
  }

  async #onServer(act: (reach: Reach) => Promise<void>): Promise<Batches> {
    await act(await this.#link.reach());
    return this.#now();
  }

  async #now(): Promise<Batches> {
    await this.#liveState.lookNow();
    return this.#liveState.batches;
  }
}

/** A round whose list was removed or damaged is shown without its videos. */
function unlessLost(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
}

const nameOf = ({ input }: Pick<BatchEntry, 'input'>): string => path.posix.basename(input.path);
