import type { Client } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import type { BatchProgress, RunningVideo } from '../../job/batch/contracts.js';
import { type BatchSummary, summarySchema } from '../../job/batch/records.js';
import { type BatchSpec, shortBatch } from '../../job/batch/spec.js';
import { lastSummary, roundsOf, storedBatches } from '../../job/batch/store.js';
import { resolveRooted } from '../../job/layout.js';
import { UserError } from '../../lib/errors.js';
import type { LiveProgress } from '../job/live.js';

/** A video that a batch has at work, with its frames where its workflow answers. */
export interface RunningView extends Omit<RunningVideo, 'jobKey'> {
  job: string;
  progress?: LiveProgress;
}

/** A round as it runs: the workflow's own view merged with that of the jobs at work. */
export interface LiveBatch extends Omit<BatchProgress, 'running'> {
  running: RunningView[];
  /** Frames that are done, of ended videos and of those at work. */
  doneFrames: number;
  /** Frames that are left, estimated from the bytes of videos that are not begun; absent before anything is known. */
  framesLeft?: number;
  /** Sum of what the running jobs say, frames a second. */
  fps: number;
}

export interface BatchView {
  batch: string;
  name: string;
  /** The schedule that runs it. */
  schedule?: string;
  outDir: string;
  /** interrupted: a round was begun and no server knows of it; new: none was begun yet. */
  status: 'new' | 'running' | 'paused' | 'interrupted' | BatchSummary['status'];
  live?: LiveBatch;
  /** The latest round that has ended, and the page about it. */
  last?: { summary: Omit<BatchSummary, 'videos'>; page: string };
}

/** The batch that a person means by the beginning of its key, at least four digits, or by its schedule's name. */
export async function findBatch(config: Config, name: string): Promise<BatchSpec | undefined> {
  const found = (await storedBatches(config.roots)).filter(
    ({ batchKey, watch }) => (name.length >= 4 && batchKey.startsWith(name)) || watch?.schedule === name,
  );
  if (found.length > 1)
    throw new UserError(`${name} means ${found.length} batches: ${found.map(shortBatch).join(', ')}`);
  return found[0];
}

/** The server, where one is running. */
interface Server {
  client: Client;
  /** Told of a batch that does not answer: it is shown as it lies on the disk. */
  noAnswer: (what: string, error: unknown) => void;
}

/** Every batch on the disk, oldest first. */
export async function listBatches(config: Config, server?: Server): Promise<BatchView[]> {
  return Promise.all((await storedBatches(config.roots)).map((spec) => viewBatch(config, spec, server)));
}

export async function viewBatch(config: Config, spec: BatchSpec, server?: Server): Promise<BatchView> {
  const live =
    server &&
    (await atWork(server.client, spec).catch((error: unknown): undefined => {
      server.noAnswer(`batch ${shortBatch(spec)}`, error);
    }));
  const last = await lastSummary(config.roots, spec.batchKey);
  const [latest] = await roundsOf(config.roots, spec.batchKey);
  const ended = last && last.round === latest ? last.summary.status : undefined;
  return {
    batch: shortBatch(spec),
    name: spec.name,
    ...(spec.watch && { schedule: spec.watch.schedule }),
    outDir: resolveRooted(config.roots, spec.outDir),
    status: live ? (live.paused ? 'paused' : 'running') : (ended ?? (latest === undefined ? 'new' : 'interrupted')),
    ...(live && { live }),
    ...(last && { last: { summary: summarySchema.omit({ videos: true }).parse(last.summary), page: last.page } }),
  };
}

/** Imported late: without a server, nothing of Temporal is needed. */
async function atWork(client: Client, spec: BatchSpec): Promise<LiveBatch | undefined> {
  const { liveBatch, runningBatch } = await import('./batchRound.js');
  const handle = await runningBatch(client, spec);
  return handle && (await liveBatch(client, handle));
}
