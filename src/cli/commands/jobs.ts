import path from 'node:path';
import { loadConfig, type Config } from '../../../temporal.config.js';
import { listBatches } from '../../client/batch/batches.js';
import { connectIfRunning, openSession, workflowIdOf, type JobHandle, type Session } from '../../client/connection/connect.js';
import { describeEstimate, readEstimate, type EstimateKept } from '../../client/estimate/kept.js';
import { cancelJob, pauseJob, requireOpen, storedStatus } from '../../client/job/control.js';
import { exists } from '../../client/job/files.js';
import { findJob, findJobOrBatch } from '../../client/job/findJob.js';
import { liveProgress, type LiveProgress } from '../../client/job/live.js';
import { recordJob, startJob } from '../../client/job/submit.js';
import { surveyBatches } from '../../job/batch/store.js';
import { shortJob } from '../../job/keys.js';
import { jobLayout, resolveRooted } from '../../job/layout.js';
import { rejectedResult } from '../../job/rejected.js';
import { discardJob, surveyJobs, type StoredJob } from '../../job/store.js';
import { UserError } from '../../lib/errors.js';
import { batchRow } from '../batchLines.js';
import { EXIT, exitOf } from '../exit.js';
import { progressLine } from '../render.js';
import { waitForJob } from '../wait.js';
import { batchStatus, cancelBatchCommand, pauseBatchCommand, resumeBatchCommand, waitBatch } from './batches.js';

interface Json {
  json?: boolean;
}

const print = (text: string): void => { process.stdout.write(`${text}\n`); };
const log = (line: string): void => { process.stderr.write(`${line}\n`); };

interface Row {
  job: string;
  status: string;
  input: string;
  output: string;
  method: string;
  /** The page about the checks of the result, once there were any. */
  checks?: string;
  /** What was expected of it before it began, and what it took. */
  estimate?: EstimateKept;
  progress?: LiveProgress;
  error?: string;
  /** What is wrong with a result that did not pass its checks and was delivered because a person wanted it. */
  accepted?: string[];
  /** The result did not pass its checks and waits for `reelscale publish`: what is wrong with it. */
  rejected?: string[];
}

async function describe(config: Config, job: StoredJob, session: Pick<Session, 'client'> | undefined): Promise<Row> {
  const { spec } = job;
  const open = !job.report && !job.ended;
  const progress = open && session ? await liveProgress(handleOf(session, job)).catch(() => undefined) : undefined;
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

const handleOf = (session: Pick<Session, 'client'>, { spec }: StoredJob): JobHandle => session.client.workflow.getHandle(workflowIdOf(spec.jobKey));

/** `status JOB`: one job in full. `status`: the open ones. `list`: all. */
export async function status(name: string | undefined, { json }: Json, all = false): Promise<number> {
  const config = loadConfig();
  const named = name === undefined ? undefined : await findJobOrBatch(config, name);
  if (named && 'batch' in named) return batchStatus(config, named.batch, json ?? false);
  const { jobs, damaged } = named ? { jobs: [named.job], damaged: [] } : await surveyJobs(config.roots);
  if (!named) [...damaged, ...(await surveyBatches(config.roots)).damaged].forEach((error) => { log(`reelscale: ${error.message}`); });
  const session = await connectIfRunning(config);
  try {
    const shown = name === undefined && !all ? jobs.filter((job) => !job.report && !job.ended) : jobs;
    const rows = await Promise.all(shown.map((job) => describe(config, job, session)));
    const batches = named ? [] : (await listBatches(config, session?.client)).filter(({ status: how }) => all || ['running', 'paused', 'interrupted'].includes(how));
    if (json) print(JSON.stringify(named ? rows[0] : [...rows, ...batches]));
    else if (rows.length + batches.length === 0) print(all ? 'no jobs' : 'no open jobs');
    else [...rows.map(named ? full : line), ...batches.map(batchRow)].forEach(print);
    return EXIT.done;
  } finally {
    await session?.close();
  }
}

const line = (row: Row): string =>
  `${row.job}  ${row.status.padEnd(11)}  ${path.basename(row.input)}  ${row.method}${row.progress && !row.progress.paused ? `  ${progressLine(row.progress, 0, false)}` : ''}`;

function full(row: Row): string {
  return [
    `job      ${row.job}`,
    `status   ${row.status}${row.status === 'interrupted' ? ': reelscale resume, or the same command again, goes on' : ''}`,
    `input    ${row.input}`,
    `output   ${row.output}`,
    `method   ${row.method}`,
    ...(row.checks === undefined ? [] : [`checks   ${row.checks}`]),
    ...(row.estimate ? [`estimate ${describeEstimate(row.estimate)}`] : []),
    ...(row.progress ? [`progress ${progressLine(row.progress, 0, false)}`, ...row.progress.notices.map((notice) => `         ${notice}`)] : []),
    ...(row.error ? [`error    ${row.error}`] : []),
    ...(row.accepted ?? []).map((problem) => `accepted ${problem}`),
    ...(row.rejected ? [`result   is kept: look at the checks; to have it as it is: reelscale publish ${row.job} --anyway`] : []),
  ].join('\n');
}

async function withOpenJob(name: string, act: (session: Session, job: StoredJob, config: Config) => Promise<number>): Promise<number> {
  const config = loadConfig();
  const job = await findJob(config, name);
  requireOpen(job);
  const session = await openSession(config, log, job.spec);
  try {
    return await act(session, job, config);
  } finally {
    await session.close();
  }
}

export async function wait(name: string, { json }: Json): Promise<number> {
  const config = loadConfig();
  const named = await findJobOrBatch(config, name);
  if ('batch' in named) return waitBatch(config, named.batch, json ?? false);
  const { job } = named;
  if (job.report) {
    print(json ? JSON.stringify(job.report) : job.report.output);
    for (const problem of job.report.accepted?.problems ?? []) log(`accepted: ${problem}`);
    return exitOf(job.report);
  }
  if (job.ended) {
    const { state, message } = job.ended;
    log(`reelscale: job ${shortJob(job.spec)}: ${message}`);
    if (json) print(JSON.stringify({ job: shortJob(job.spec), status: state, error: message }));
    return EXIT.failed;
  }
  return withOpenJob(name, async (session, { spec }) => waitForJob(config, session, spec, json ?? false));
}

export async function pause(name: string): Promise<number> {
  const config = loadConfig();
  const named = await findJobOrBatch(config, name);
  return 'batch' in named ? pauseBatchCommand(config, named.batch) : pauseOpenJob(name);
}

const pauseOpenJob = (name: string): Promise<number> =>
  withOpenJob(name, async (session, job) => {
    await pauseJob(session.client, job, 'by the user');
    print(`job ${shortJob(job.spec)} is paused`);
    return EXIT.done;
  });

/** Goes on in the background, also when the server that knew the job is gone. */
export async function resume(name: string): Promise<number> {
  const config = loadConfig();
  const named = await findJobOrBatch(config, name);
  if ('batch' in named) return resumeBatchCommand(config, named.batch);
  const { report, spec } = named.job;
  if (report) throw new UserError(`job ${shortJob(spec)} is done: ${report.output}`);
  const session = await openSession(config, log, spec);
  try {
    await recordJob(config, spec);
    const handle = await startJob(config, session, spec);
    await session.lease.detach(handle.workflowId);
    print(`job ${shortJob(spec)} goes on in the background: reelscale wait ${shortJob(spec)}`);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

export async function cancel(name: string, { discard = false }: { discard?: boolean }): Promise<number> {
  const config = loadConfig();
  const named = await findJobOrBatch(config, name);
  if ('batch' in named) return cancelBatchCommand(config, named.batch, discard);
  const { job } = named;
  if (job.report || job.ended) {
    if (!discard) throw new UserError(`job ${shortJob(job.spec)} has ended: ${storedStatus(job)}`);
    await discardJob(config.roots, job.spec);
    print(`job ${shortJob(job.spec)} and its parts are removed`);
    return EXIT.done;
  }
  return withOpenJob(name, async (session) => {
    await cancelJob(config, session.client, job, discard);
    print(discard ? `job ${shortJob(job.spec)} is cancelled and its parts are removed` : `job ${shortJob(job.spec)} is cancelled; its parts are kept (reelscale cancel ${shortJob(job.spec)} --discard removes them)`);
    return EXIT.done;
  });
}
