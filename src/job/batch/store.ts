import path from 'node:path';
import { namesIn, overlookDamage, putAside, readJson, readKept } from '../../lib/durable.js';
import { type RecordDamaged, UserError } from '../../lib/errors.js';
import { keySchema, roundSchema } from '../inputs.js';
import { type Roots, requireInside } from '../layout.js';
import { readAll } from '../store.js';
import { batchesFolder, batchLayout } from './layout.js';
import {
  type BatchSummary,
  type RoundList,
  roundListSchema,
  summarySchema,
  type VideoResult,
  videoResultSchema,
} from './records.js';
import { type BatchSpec, batchSpecSchema, shortBatch } from './spec.js';

type JobsRoot = Pick<Roots, 'jobs'>;

/**
 * Reads a batch from the disk; undefined when it is not there, or is another batch's. @throws RecordDamaged when it
 * cannot be read.
 */
export async function readBatch(roots: JobsRoot, batchKey: string): Promise<BatchSpec | undefined> {
  if (!keySchema.safeParse(batchKey).success) return undefined;
  const spec = await readKept(batchLayout(roots, batchKey).spec, batchSpecSchema);
  return spec?.batchKey === batchKey ? spec : undefined;
}

/** @throws UserError when it was removed. */
export async function loadBatch(roots: JobsRoot, batchKey: string): Promise<BatchSpec> {
  await requireInside(roots.jobs, batchLayout(roots, batchKey).folder);
  const spec = await readBatch(roots, batchKey);
  if (!spec) throw new UserError(`batch ${shortBatch({ batchKey })} is not in the jobs folder: it was removed`);
  return spec;
}

/** Every batch on the disk, oldest first, and what is said of those that cannot be read. */
export async function surveyBatches(roots: JobsRoot): Promise<{ batches: BatchSpec[]; damaged: RecordDamaged[] }> {
  const keys = await namesIn(batchesFolder(roots));
  const { found, damaged } = await readAll(keys.map((key) => readBatch(roots, key)));
  return { batches: found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1)), damaged };
}

/** Every batch on the disk that can be read, oldest first. */
export const storedBatches = async (roots: JobsRoot): Promise<BatchSpec[]> => (await surveyBatches(roots)).batches;

/** Rounds of a batch, the latest first. */
export async function roundsOf(roots: JobsRoot, batchKey: string): Promise<string[]> {
  return (await namesIn(batchLayout(roots, batchKey).rounds))
    .filter((name) => roundSchema.safeParse(name).success)
    .sort()
    .reverse();
}

/** @throws UserError when the round's folder was removed. */
export async function loadRound(roots: JobsRoot, batchKey: string, round: string): Promise<RoundList> {
  const list = await readKept(batchLayout(roots, batchKey).round(round).list, roundListSchema);
  if (!list)
    throw new UserError(`the list of batch ${shortBatch({ batchKey })} was removed: run the same command again`);
  return list;
}

/** Results of a round's videos by their index; those that have none yet are missing. */
export async function readResults(
  roots: JobsRoot,
  batchKey: string,
  round: string,
): Promise<Map<number, VideoResult>> {
  const { results } = batchLayout(roots, batchKey).round(round);
  const found = new Map<number, VideoResult>();
  for (const name of (await namesIn(results)).filter((file) => /^\d+\.json$/.test(file))) {
    const result = await readKept(path.join(results, name), videoResultSchema).catch(putAside);
    if (result) found.set(parseInt(name, 10), result);
  }
  return found;
}

/** The summary of the latest round that has one. */
export async function lastSummary(
  roots: JobsRoot,
  batchKey: string,
): Promise<{ round: string; summary: BatchSummary; page: string } | undefined> {
  for (const round of await roundsOf(roots, batchKey)) {
    const layout = batchLayout(roots, batchKey).round(round);
    const summary = await readJson(layout.summary, summarySchema).catch(overlookDamage);
    if (summary) return { round, summary, page: layout.page };
  }
  return undefined;
}
