import { mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { BatchActivities, RoundOpened } from '../../job/batch/contracts.js';
import { batchLayout } from '../../job/batch/layout.js';
import { type BatchInput, inputsSchema, nameResults, namesSchema } from '../../job/batch/names.js';
import { nextClock } from '../../job/batch/nextClock.js';
import { type BatchEntry, madeSchema, type RoundList, roundListSchema } from '../../job/batch/records.js';
import type { BatchSpec } from '../../job/batch/spec.js';
import { loadBatch, roundsOf } from '../../job/batch/store.js';
import { type Roots, resolveRooted } from '../../job/layout.js';
import { resultEnding } from '../../job/range.js';
import type { RootedPath } from '../../job/spec.js';
import { putAside, readJson, readKept, readRemakable, replaceJson, replaceKept } from '../../lib/durable.js';
import { RecordDamaged, UserError } from '../../lib/errors.js';
import { ignoreUnreachable } from '../../lib/systemErrors.js';
import { findVideos } from '../../media/source/videoFiles.js';
import { type ActivityDeps, runWork } from '../runActivity.js';

/** Rounds of a batch whose lists and summaries are kept. */
const KEPT_ROUNDS = 30;

const lookSchema = z.record(z.string(), z.object({ size: z.number(), mtimeMs: z.number() }));

export const lookAtFolder =
  (deps: ActivityDeps): BatchActivities['lookAtFolder'] =>
  ({ batchKey }) =>
    runWork(deps, async () => {
      const batch = await loadBatch(deps.roots, batchKey);
      const look: z.infer<typeof lookSchema> = {};
      for (const { input } of await watched(deps.roots, batch)) {
        const seen = await sizeAndTime(resolveRooted(deps.roots, input));
        if (seen) look[input.path] = seen;
      }
      await replaceJson(batchLayout(deps.roots, batchKey).look, look);
    });

export const openRound =
  (deps: ActivityDeps): BatchActivities['openRound'] =>
  ({ batchKey, round, settled, scheduledAt }) =>
    runWork(deps, async () => {
      const { roots } = deps;
      const batch = await loadBatch(roots, batchKey);
      const layout = batchLayout(roots, batchKey);
      const own = layout.round(round);
      const known = await readKept(own.list, roundListSchema).catch(putAside);
      if (known) return opened(known, batch, scheduledAt);
      await forgetRounds(roots, batchKey);
      const inputs = batch.watch ? await watched(roots, batch) : (await readJson(layout.inputs, inputsSchema))?.inputs;
      if (!inputs) throw new UserError('the list of the batch was removed: run the same command again');
      // Without the first look nothing is known to be whole: all waits for the next round.
      const look = settled ? ((await readRemakable(layout.look, lookSchema)) ?? {}) : undefined;
      const names = nameResults(
        inputs,
        (await readKept(layout.names, namesSchema)) ?? {},
        resultEnding(batch.range ?? {}, batch.scale, batch.container),
      );
      await replaceKept(layout.names, names);
      const list: RoundList = { startedAt: new Date().toISOString(), entries: [], skipped: [], waiting: [] };
      for (const { input } of inputs)
        await sort({ roots, batch, list, input, look, output: names[input.path] as string });
      await mkdir(own.results, { recursive: true });
      await replaceKept(own.list, list);
      return opened(list, batch, scheduledAt);
    });

interface Sorted {
  roots: Roots;
  batch: BatchSpec;
  list: RoundList;
  input: RootedPath;
  look: z.infer<typeof lookSchema> | undefined;
  /** Below the output folder. */
  output: string;
}

/** Puts a file where it belongs: to do, done before, or still being written. */
async function sort({ roots, batch, list, input, look, output }: Sorted): Promise<void> {
  const now = await sizeAndTime(resolveRooted(roots, input));
  const before = look?.[input.path];
  if (look && (!before || before.size !== now?.size || before.mtimeMs !== now.mtimeMs)) {
    list.waiting.push(input);
    return;
  }
  const entry: BatchEntry = {
    input,
    output: { root: batch.outDir.root, path: path.posix.join(batch.outDir.path, output) },
    bytes: now?.size ?? 0,
  };
  const job = await madeBefore(roots, batch.batchKey, entry);
  if (job === undefined) list.entries.push(entry);
  else list.skipped.push({ ...entry, job });
}

/**
 * The job that made this very file's result, if that is there still: told by sizes, times and inodes alone, for
 * thousands of files. One that cannot be reached fails by itself when its turn comes.
 */
async function madeBefore(roots: Roots, batchKey: string, { input, output }: BatchEntry): Promise<string | undefined> {
  const made = await readRemakable(batchLayout(roots, batchKey).made(input), madeSchema);
  if (made?.output.path !== output.path) return undefined;
  const [source, result] = await Promise.all(
    [input, output].map((file) => stat(resolveRooted(roots, file)).catch(ignoreUnreachable)),
  );
  const same = (a: typeof source, b: { size: number; mtimeMs: number; ino: number }): boolean =>
    a?.size === b.size && a.mtimeMs === b.mtimeMs && a.ino === b.ino;
  return same(source, made) && same(result, made.result) ? made.job : undefined;
}

async function sizeAndTime(file: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  const found = await stat(file).catch(ignoreUnreachable);
  return found && { size: found.size, mtimeMs: found.mtimeMs };
}

async function watched(roots: Roots, { watch, outDir }: BatchSpec): Promise<BatchInput[]> {
  if (!watch) throw new Error('the batch watches no folder');
  const folder = resolveRooted(roots, watch.folder);
  const { videos: files } = await findVideos(folder, resolveRooted(roots, outDir)).catch((error: unknown) => {
    throw new UserError(`the folder ${folder} cannot be read: ${(error as Error).message}`);
  });
  return files.map((file) => ({
    input: { root: watch.folder.root, path: path.posix.join(watch.folder.path, file) },
    subfolder: path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file),
  }));
}

function opened({ entries, skipped, waiting }: RoundList, { watch }: BatchSpec, scheduledAt: number): RoundOpened {
  return {
    files: entries.length,
    skipped: skipped.length,
    waiting: waiting.length,
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(watch?.until !== undefined && { until: nextClock(scheduledAt, watch.until, watch.timezone) }),
  };
}

/** Removes rounds that had nothing to do, and those beyond the number that is kept. */
async function forgetRounds(roots: Roots, batchKey: string): Promise<void> {
  const layout = batchLayout(roots, batchKey);
  for (const [index, round] of (await roundsOf(roots, batchKey)).entries()) {
    const { folder, list: file } = layout.round(round);
    const idle = await readKept(file, roundListSchema).then(
      (list) => !list || list.entries.length + list.waiting.length === 0,
      (error: unknown) => {
        // Nobody knows what it did: it goes when it is old.
        if (!(error instanceof RecordDamaged)) throw error;
        return false;
      },
    );
    if (index >= KEPT_ROUNDS - 1 || idle) await rm(folder, { recursive: true, force: true });
  }
}
