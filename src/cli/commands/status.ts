import path from 'node:path';
import { type Config, loadConfig } from '../../../temporal.config.js';
import { listBatches, viewBatch } from '../../client/batch/batches.js';
import { connectIfRunning, type JobHandle, type Session, workflowIdOf } from '../../client/connection/connect.js';
import { describeEstimate, type EstimateAndActual, readEstimate } from '../../client/estimate/storedEstimate.js';
import { findJobOrBatch } from '../../client/job/findJob.js';
import type { LiveProgress } from '../../client/job/live.js';
import { storedStatus } from '../../client/job/storedStatus.js';
import { TimeLeft } from '../../client/job/timeLeft.js';
import type { BatchSpec } from '../../job/batch/spec.js';
import { surveyBatches } from '../../job/batch/store.js';
import { shortJob } from '../../job/keys.js';
import { jobLayout, resolveRooted } from '../../job/layout.js';
import { rejectedResult } from '../../job/rejected.js';
import { isOpen, type StoredJob, surveyJobs } from '../../job/store.js';
import { exists } from '../../lib/files.js';
import { batchInFull, batchRow } from '../batchLines.js';
import { EXIT } from '../exit.js';
import { progressLine } from '../render.js';
import { log, print, printJson } from '../say.js';

interface Row {
  job: string;
  status: string;
  input: string;
  output: string;
  method: string;
  /** The page about the checks of the result, once there were any. */
  checks?: string;
  /** What was expected of it before it began, and what it took. */
  estimate?: EstimateAndActual;
  progress?: LiveProgress;
  error?: string;
  /** What is wrong with a result that did not pass its checks and was delivered because a person wanted it. */
  accepted?: string[];
  /** The result did not pass its checks and waits for `reelscale publish`: what is wrong with it. */
  rejected?: string[];
}

async function describe(config: Config, job: StoredJob, session: Pick<Session, 'client'> | undefined): Promise<Row> {
  const { spec } = job;
  const open = isOpen(job);
  const progress = open && session ? await progressOf(session, job) : undefined;
  const page = jobLayout(config.roots, spec).verifiedPage;
  const estimate = await readEstimate(config, job);
  const rejected = await rejectedResult(config.roots, job);
  return {
    job: shortJob(spec),
    status: progress ? (progress.paused ? 'paused' : 'running') : storedStatus(job),
    input: resolveRooted(config.roots, spec.input),
    output: resolveRooted(config.roots, spec.output),
    method: `${spec.method.name} x${spec.method.scale}`,
    ...((await exists(page)) && { checks: page }),
    ...(estimate && { estimate }),
    ...(progress && { progress }),
    ...(job.ended && { error: job.ended.message }),
    ...(job.report?.accepted && { accepted: job.report.accepted.problems }),
    ...(rejected && { rejected: rejected.problems }),
  };
}

/** Imported late: without a server, nothing of Temporal is needed. */
async function progressOf(
  { client }: Pick<Session, 'client'>,
  { spec }: StoredJob,
): Promise<LiveProgress | undefined> {
  const { liveProgress } = await import('../../client/job/live.js');
  const { ignoreGone } = await import('../../client/connection/gone.js');
  const handle: JobHandle = client.workflow.getHandle(workflowIdOf(spec.jobKey));
  return liveProgress(handle)
    .catch(ignoreGone)
    .catch((error: unknown): undefined => {
      noAnswer(`job ${shortJob(spec)}`, error);
    });
}

/** What lies on the disk is shown then. */
function noAnswer(what: string, error: unknown): void {
  log(`reelscale: ${what} does not answer, and may do something else by now: ${(error as Error).message}`);
}

/** `status JOB`: one job in full. `status`: the open ones. `list`: all. */
export async function status(name: string | undefined, { json }: { json?: boolean }, all = false): Promise<number> {
  const config = loadConfig();
  const named = name === undefined ? undefined : await findJobOrBatch(config, name);
  if (named && 'batch' in named) return batchStatus(config, named.batch, json ?? false);
  const { jobs, damaged } = named ? { jobs: [named.job], damaged: [] } : await surveyJobs(config.roots);
  if (!named)
    [...damaged, ...(await surveyBatches(config.roots)).damaged].forEach((error) => {
      log(`reelscale: ${error.message}`);
    });
  const session = await connectIfRunning(config);
  try {
    const shown = name === undefined && !all ? jobs.filter(isOpen) : jobs;
    const rows = await Promise.all(shown.map((job) => describe(config, job, session)));
    const batches = named
      ? []
      : (await listBatches(config, session && { client: session.client, noAnswer })).filter(
          ({ status: how }) => all || ['running', 'paused', 'interrupted'].includes(how),
        );
    if (json) printJson(named ? rows[0] : [...rows, ...batches]);
    else if (rows.length + batches.length === 0) print(all ? 'no jobs' : 'no open jobs');
    else [...rows.map(named ? full : line), ...batches.map(batchRow)].forEach(print);
    return EXIT.done;
  } finally {
    await session?.close();
  }
}

async function batchStatus(config: Config, spec: BatchSpec, json: boolean): Promise<number> {
  const session = await connectIfRunning(config);
  try {
    const view = await viewBatch(config, spec, session && { client: session.client, noAnswer });
    print(json ? JSON.stringify(view) : batchInFull(view));
    return EXIT.done;
  } finally {
    await session?.close();
  }
}

const line = ({ job, status, input, method, progress }: Row): string =>
  `${job}  ${status.padEnd(11)}  ${path.basename(input)}  ${method}` +
  (progress && !progress.paused ? `  ${progressLine(progress, new TimeLeft(), false)}` : '');

function full(row: Row): string {
  const hint = row.status === 'interrupted' ? ': reelscale resume, or the same command again, goes on' : '';
  return [
    `job      ${row.job}`,
    `status   ${row.status}${hint}`,
    `input    ${row.input}`,
    `output   ${row.output}`,
    `method   ${row.method}`,
    ...(row.checks === undefined ? [] : [`checks   ${row.checks}`]),
    ...(row.estimate ? [`estimate ${describeEstimate(row.estimate)}`] : []),
    ...(row.progress
      ? [
          `progress ${progressLine(row.progress, new TimeLeft(), false)}`,
          ...row.progress.notices.map((notice) => `         ${notice}`),
        ]
      : []),
    ...(row.error ? [`error    ${row.error}`] : []),
    ...(row.accepted ?? []).map((problem) => `accepted ${problem}`),
    ...(row.rejected
      ? [`result   is kept: look at the checks; to have it as it is: reelscale publish ${row.job} --anyway`]
      : []),
  ].join('\n');
}
