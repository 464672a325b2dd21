import { link, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { releaseOutput } from '../../job/claims.js';
import type { ControlActivities, JobReport, PublishInput } from '../../job/contracts.js';
import { noteOutcome, readEstimate } from '../../job/estimateRecords.js';
import { removeHidden } from '../../job/hidden.js';
import { shortJob } from '../../job/keys.js';
import { fileDigest } from '../../job/parts.js';
import {
  acceptedSchema,
  conformedSchema,
  fileRecordSchema,
  mergedSchema,
  reportSchema,
  verdictSchema,
} from '../../job/records.js';
import { readTally, TALLY_FILE } from '../../job/tally.js';
import { readWork, workedSeconds } from '../../job/workLog.js';
import { flush, putAside, readJson, readKept, readRemakable, replaceKept } from '../../lib/durable.js';
import { PartDamaged, UserError } from '../../lib/errors.js';
import { hasCode, ignoreMissing } from '../../lib/systemErrors.js';
import { damageOf } from '../../media/ffmpeg/damage.js';
import { pictureNotices } from '../../media/source/examine.js';
import { loadPlan, loadRecorded, loadScan } from '../../media/source/loadedJob.js';
import { verifyReportSchema } from '../../media/verify/report.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';

/** Gives the checked file its name, writes the report, and removes what only the way there needed. */
export const publish =
  (deps: ActivityDeps): ControlActivities['publish'] =>
  (input) =>
    runActivity(
      deps,
      input,
      async (job) => {
        const { layout, spec, output } = job;
        // An attempt before may have died between its report and its last removal.
        const known = await readKept(layout.report, reportSchema).catch(putAside);
        const report = known ? (known as JobReport) : await deliver(deps, job, input);
        await resetTally(job, input);
        await removeHidden(path.dirname(output), spec);
        await removeVideo(layout);
        await rm(layout.encodedRoot(input.from), { recursive: true, force: true });
        await releaseOutput(deps.roots, spec.output, spec.jobKey);
        return report;
        // The result is whole: what has become of the source does not matter any more.
      },
      loadRecorded,
    );

/** @throws UserError for a result that did not pass its checks and that nobody wants nevertheless. */
async function requireWanted({ layout, spec }: Run): Promise<void> {
  const verdict = await readKept(layout.verified, verdictSchema).catch(putAside);
  if (!verdict) throw new PartDamaged('what the checks said is missing; they are made again');
  if (!verdict.ok && !(await readJson(layout.accepted, acceptedSchema)))
    throw new UserError(
      `job ${shortJob(spec)}: its result did not pass its checks, ` +
        `and is delivered with reelscale publish ${shortJob(spec)} --anyway only`,
    );
}

async function deliver(deps: ActivityDeps, job: Run, input: PublishInput): Promise<JobReport> {
  const { layout, spec, output } = job;
  const merged = await readKept(layout.merged, mergedSchema).catch(putAside);
  if (!merged) throw new PartDamaged('the merged file is missing; it is made again');
  await requireWanted(job);
  await place(path.join(path.dirname(output), merged.file), output, merged.sha256, spec.overwrite);
  const report = await writeReport(job, input, merged);
  await recordOutcome(deps, job, report);
  return report;
}

async function removeVideo({ job, video }: Run['layout']): Promise<void> {
  const record = await readRemakable(video, fileRecordSchema);
  if (record) await rm(path.join(job, record.file), { force: true });
  await rm(video, { force: true });
}

/** A repeated publish recognises its own output by its digest. */
async function place(merged: string, output: string, sha256: string, overwrite: boolean): Promise<void> {
  try {
    await (overwrite ? rename(merged, output) : link(merged, output));
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'ENOENT')) throw error;
    if (!(await hasDigest(output, sha256))) {
      if (hasCode(error, 'ENOENT')) throw error;
      throw new UserError(
        `${output} appeared while the job ran and is another file: ` +
          'move it away or use --overwrite, then run the command again',
      );
    }
  }
  await flush(path.dirname(output));
}

async function hasDigest(file: string, sha256: string): Promise<boolean> {
  return (await fileDigest(file).catch(ignoreMissing)) === sha256;
}

async function writeReport(
  job: Run,
  input: PublishInput,
  merged: { bytes: number; sha256: string; warnings: string[] },
): Promise<JobReport> {
  const { layout, spec } = job;
  const plan = await loadPlan(job, input.from);
  const conformed = input.from === 'conformed' ? await readKept(layout.conformed, conformedSchema) : undefined;
  const verified = await readKept(layout.verified, verifyReportSchema);
  // A conformed copy decodes cleanly whatever its source was like; the source itself was decoded once more by the
  // verification.
  const damage = conformed ? damageOf(conformed.errors) : (verified?.sourceErrors ?? []);
  const damaged = conformed?.damaged || damage.length > 0;
  const accepted = await readJson(layout.accepted, acceptedSchema);
  const seconds = Math.max(0.001, accepted?.seconds ?? (Date.now() - input.startedAt) / 1000);
  const warnings = [...pictureNotices(await loadScan(job), spec.picture), ...merged.warnings];
  if (conformed && conformed.repairedTimestamps > 0) warnings.push(movedTimestamps(conformed.repairedTimestamps));
  if (damage[0] !== undefined) warnings.push(`the decoder said: ${damage[0]}`);
  const estimate = (await readEstimate(job.layout.estimate))?.expected;
  const report: JobReport = {
    job: shortJob(spec),
    status: 'done',
    output: job.output,
    frames: plan.frames,
    ...(await countFrames(job, input)),
    reusedFrames: input.reusedFrames,
    seconds: Math.round(seconds * 1000) / 1000,
    fps: Math.round((plan.frames / seconds) * 100) / 100,
    bytes: merged.bytes,
    sha256: merged.sha256,
    workedSeconds: Math.round(workedSeconds(await readWork(layout.work)) * 1000) / 1000,
    ...(estimate && { estimate: { seconds: estimate.seconds, bytes: estimate.bytes } }),
    ...(damaged && {
      damaged: { expected: conformed?.promised ?? plan.frames, decoded: conformed?.decoded ?? plan.frames },
    }),
    ...(accepted && { accepted: { at: accepted.at, problems: accepted.problems } }),
    warnings,
  };
  await replaceKept(layout.report, report);
  return report;
}

/** The next estimates learn from it, unless frames of another job were used. */
async function recordOutcome(
  deps: ActivityDeps,
  job: Run,
  { frames, inferredFrames, duplicateFrames, workedSeconds: seconds, bytes }: JobReport,
): Promise<void> {
  const estimate = await readEstimate(job.layout.estimate);
  const made = job.spec.method.kind === 'filter' || inferredFrames + duplicateFrames >= frames;
  if (!estimate || !made || !seconds) return;
  const { key, pixels, expected } = estimate;
  await noteOutcome(deps.roots.jobs, {
    at: new Date().toISOString(),
    job: shortJob(job.spec),
    key,
    frames,
    pixels,
    seconds,
    bytes,
    ...(expected?.basis === 'measured' && { raw: expected.raw }),
  });
}

const movedTimestamps = (count: number): string =>
  count === 1
    ? '1 timestamp of the source did not increase and was moved'
    : `${count} timestamps of the source did not increase and were moved`;

async function tallies(job: Run, { from }: PublishInput): Promise<string[]> {
  const { segments } = await loadPlan(job, from);
  return segments.map(({ index }) => path.join(job.layout.planned(from).parts(index), TALLY_FILE));
}

/** Of a filter there are none. */
async function countFrames(
  job: Run,
  input: PublishInput,
): Promise<Pick<JobReport, 'inferredFrames' | 'duplicateFrames'>> {
  const counts = { inferredFrames: 0, duplicateFrames: 0 };
  for (const tally of await tallies(job, input)) {
    const { inferred, repeated } = await readTally(tally);
    counts.inferredFrames += inferred;
    counts.duplicateFrames += repeated;
  }
  return counts;
}

/** The next job with the same pictures counts from nothing. */
async function resetTally(job: Run, input: PublishInput): Promise<void> {
  for (const tally of await tallies(job, input)) await rm(tally, { force: true });
}
