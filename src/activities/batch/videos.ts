import { mkdir, stat } from 'node:fs/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import { type ResolvedVideo, resolveVideo } from '../../client/job/resolveVideo.js';
import type { BatchActivities, PreparedVideo, RoundRef, VideoEnd } from '../../job/batch/contracts.js';
import { batchLayout } from '../../job/batch/layout.js';
import {
  type BatchEntry,
  type Made,
  madeSchema,
  type VideoResult,
  videoResultSchema,
} from '../../job/batch/records.js';
import { loadBatch, loadRound } from '../../job/batch/store.js';
import type { JobReport } from '../../job/contracts.js';
import { shortJob } from '../../job/keys.js';
import { resolveRooted } from '../../job/layout.js';
import { readStored, type StoredJob } from '../../job/store.js';
import { workflowIdOf } from '../../job/workflowIds.js';
import { putAside, readKept, readRemakable, replaceJson, replaceKept } from '../../lib/durable.js';
import { ignoreMissing } from '../../lib/systemErrors.js';
import { type ActivityDeps, runWork, toFailure } from '../runActivity.js';

/** Times that a video is tried to be read before it counts as one that cannot be. */
const MAX_ATTEMPTS = 5;

export interface BatchDeps extends ActivityDeps {
  config: Config;
}

type Entry = RoundRef & { index: number };

async function loadEntry({ roots }: BatchDeps, { batchKey, round, index }: Entry): Promise<BatchEntry> {
  const entry = (await loadRound(roots, batchKey, round)).entries[index];
  if (!entry) throw new Error(`the round has no video ${index}`);
  return entry;
}

export const prepareVideo =
  (deps: BatchDeps): BatchActivities['prepareVideo'] =>
  ({ searchAttributes, ...ref }) =>
    runWork(deps, async ({ signal }) => {
      const { roots } = deps;
      const entry = await loadEntry(deps, ref);
      const layout = batchLayout(roots, ref.batchKey);
      const known = await readKept(layout.round(ref.round).result(ref.index), videoResultSchema).catch(putAside);
      if (known && known.status !== 'unfinished') return ended(entry, known);
      const batch = await loadBatch(roots, ref.batchKey);
      const made = await readRemakable(layout.made(entry.input), madeSchema);
      let resolved: ResolvedVideo;
      try {
        resolved = await resolveVideo(deps.config, {
          batch,
          entry,
          made,
          searchAttributes,
          client: Context.current().client,
        });
      } catch (error) {
        signal.throwIfAborted();
        const failure = toFailure(error);
        const final = failure instanceof ApplicationFailure && failure.nonRetryable;
        if (!final && Context.current().info.attempt < MAX_ATTEMPTS) throw error;
        return ended(entry, await record(deps, ref, entry, { status: 'failed', error: failure.message }));
      }
      if (resolved.kind === 'ready') return { kind: 'ready', job: resolved.input, bytes: entry.bytes };
      const { job, stored } = resolved;
      if (stored) await remember(deps, ref, entry, stored, stored.report);
      return ended(
        entry,
        await record(deps, ref, entry, {
          status: 'skipped',
          job,
          ...(stored && { frames: stored.report.frames, bytes: stored.report.bytes, ...acceptedIn(stored.report) }),
        }),
      );
    });

const ended = ({ input, bytes }: BatchEntry, { status, error }: VideoResult): PreparedVideo => ({
  kind: 'ended',
  status,
  input: baseName(input.path),
  bytes,
  ...(error !== undefined && { error }),
});

const baseName = (file: string): string => file.split('/').at(-1) ?? file;

export const lookAtJob =
  (deps: BatchDeps): BatchActivities['lookAtJob'] =>
  ({ jobKey }) =>
    runWork(deps, async () => {
      const stored = await readStored(deps.roots, jobKey);
      if (!stored || stored.report || stored.ended) return { ended: true };
      try {
        const { status } = await Context.current().client.workflow.getHandle(workflowIdOf(jobKey)).describe();
        return { ended: status.name !== 'RUNNING' };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { ended: true };
        throw ApplicationFailure.create({ type: 'WorldError', message: (error as Error).message });
      }
    });

export const recordVideo =
  (deps: BatchDeps): BatchActivities['recordVideo'] =>
  ({ jobKey, unfinished = false, ...ref }) =>
    runWork(deps, async () => {
      const entry = await loadEntry(deps, ref);
      const stored = await readStored(deps.roots, jobKey);
      const result = await record(deps, ref, entry, { job: shortJob({ jobKey }), ...outcome(stored, unfinished) });
      if (stored?.report) await remember(deps, ref, entry, stored, stored.report);
      return {
        status: result.status,
        input: baseName(entry.input.path),
        frames: result.frames ?? 0,
        ...(result.error !== undefined && { error: result.error }),
      } satisfies VideoEnd;
    });

const acceptedIn = ({ accepted }: Pick<JobReport, 'accepted'>): Pick<VideoResult, 'accepted'> =>
  accepted ? { accepted: accepted.problems } : {};

function outcome(stored: StoredJob | undefined, unfinished: boolean): Omit<VideoResult, 'input' | 'output'> {
  if (stored?.report) {
    const { frames, inferredFrames, reusedFrames, seconds, fps, bytes, warnings, damaged } = stored.report;
    return {
      status: damaged ? 'damaged' : 'done',
      frames,
      inferredFrames,
      reusedFrames,
      seconds,
      fps,
      bytes,
      warnings,
      ...acceptedIn(stored.report),
    };
  }
  if (stored?.ended) return { status: stored.ended.state, error: stored.ended.message };
  if (unfinished) return { status: 'unfinished' };
  return { status: 'failed', error: 'its workflow was ended from outside: run the batch again, its parts are kept' };
}

async function record(
  { roots }: BatchDeps,
  { batchKey, round, index }: Entry,
  entry: BatchEntry,
  result: Omit<VideoResult, 'input' | 'output'>,
): Promise<VideoResult> {
  const whole: VideoResult = {
    input: resolveRooted(roots, entry.input),
    output: resolveRooted(roots, entry.output),
    ...result,
  };
  await replaceKept(batchLayout(roots, batchKey).round(round).result(index), whole);
  return whole;
}

/** Later rounds know the file by this, without reading it. */
async function remember(
  { roots }: BatchDeps,
  { batchKey }: Entry,
  { input, output }: BatchEntry,
  { spec }: StoredJob,
  report: JobReport,
): Promise<void> {
  const [source, result] = await Promise.all(
    [input, output].map((file) => stat(resolveRooted(roots, file)).catch(ignoreMissing)),
  );
  if (!source || !result || source.size !== spec.source.size || source.mtimeMs !== spec.source.mtimeMs) return;
  const layout = batchLayout(roots, batchKey);
  await mkdir(layout.madeFolder, { recursive: true });
  const seen = ({ size, mtimeMs, ino }: typeof source) => ({ size, mtimeMs, ino });
  await replaceJson(layout.made(input), {
    ...seen(source),
    digest: spec.source.digest,
    job: report.job,
    output,
    outputSha256: report.sha256,
    result: seen(result),
  } satisfies Made);
}
