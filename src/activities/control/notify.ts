import { createHmac } from 'node:crypto';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { execa } from 'execa';
import { batchLayout } from '../../job/batch/layout.js';
import { summarySchema } from '../../job/batch/records.js';
import { shortBatch } from '../../job/batch/spec.js';
import type { NotifyActivities, NotifySubject } from '../../job/contracts.js';
import { shortJob } from '../../job/keys.js';
import { jobLayout, type Roots, resolveRooted } from '../../job/layout.js';
import { type Notice, readNotice } from '../../job/notice.js';
import { readStored } from '../../job/store.js';
import { readJson, replaceJson } from '../../lib/durable.js';
import { UserError, WorldError } from '../../lib/errors.js';
import { withLimit } from '../../lib/limit.js';
import { withParentDeathSignal } from '../../lib/parentDeathSignal.js';
import { PrivateAddress } from '../../lib/privateAddress.js';
import { asUser } from '../../lib/umask.js';
import { type ActivityDeps, runWork } from '../runActivity.js';
import { post } from './post.js';

const ANSWER_MS = 30_000;
/** Answers of a kind that another try may change. */
const MAY_PASS = [408, 425, 429];
/** Failed videos that a message names. */
const NAMED = 100;

export interface NotifyDeps extends ActivityDeps {
  /** Seals notices: only what this host, or one that shares the file, has recorded is obeyed. */
  noticeKeyFile: string;
}

export const createNotifyActivities = (deps: NotifyDeps): NotifyActivities => ({
  sendWebhook: (subject) =>
    runWork(
      deps,
      async ({ signal }) => {
        const notice = await trusted(deps, subject);
        if (notice?.url === undefined) return;
        const body = await message(deps.roots, subject);
        if (body !== undefined) await send({ ...notice, url: notice.url }, body, signal);
      },
      { unlimited: true },
    ),
  runHook: (subject) =>
    runWork(
      deps,
      async ({ signal }) => {
        const notice = await trusted(deps, subject);
        if (notice?.command === undefined) return;
        const body = await message(deps.roots, subject);
        if (body === undefined) return;
        const [tool, args] = withParentDeathSignal('sh', ['-c', notice.command]);
        const { failed, exitCode, stderr, isCanceled } = await asUser(() =>
          execa(tool, args, {
            input: body,
            stdout: 'ignore',
            cancelSignal: signal,
            reject: false,
            maxBuffer: 1 << 20,
          }),
        );
        if (failed && !isCanceled)
          throw ApplicationFailure.nonRetryable(
            `the command ended with code ${exitCode ?? 'none'}: ${stderr.slice(-500)}`,
            'HookFailed',
          );
      },
      { unlimited: true },
    ),
});

/** @throws UserError for a notice that may not be obeyed; the job's report says so too. */
async function trusted({ roots, noticeKeyFile }: NotifyDeps, subject: NotifySubject): Promise<Notice | undefined> {
  try {
    return await readNotice(roots, noticeKeyFile, subject);
  } catch (error) {
    if (error instanceof UserError && subject.kind === 'job') await warn(roots, subject.jobKey, error.message);
    throw error;
  }
}

async function warn(roots: Roots, jobKey: string, warning: string): Promise<void> {
  const stored = await readStored(roots, jobKey);
  if (!stored?.report || stored.report.warnings.includes(warning)) return;
  await replaceJson(jobLayout(roots, stored.spec).report, {
    ...stored.report,
    warnings: [...stored.report.warnings, warning],
  });
}

async function send(
  { url, secret, privateToo = false }: Notice & { url: string },
  body: string,
  signal: AbortSignal,
): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature =
    secret === undefined ? undefined : createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-reelscale-timestamp': timestamp,
    ...(signature !== undefined && { 'x-reelscale-signature': `sha256=${signature}` }),
  };
  // The address is left out of every message: it may hold a token, and messages are kept in the history.
  const answer = await withLimit(ANSWER_MS, signal, (limited) =>
    post(url, { headers, body, privateToo, signal: limited }),
  ).catch((error: unknown) => {
    if (error instanceof PrivateAddress) throw ApplicationFailure.nonRetryable(error.message, 'NotTaken');
    return undefined;
  });
  signal.throwIfAborted();
  if (answer !== undefined && answer >= 200 && answer < 300) return;
  if (answer === undefined || answer >= 500 || MAY_PASS.includes(answer))
    throw new WorldError(`the web server ${answer === undefined ? 'could not be reached' : `answered ${answer}`}`);
  throw ApplicationFailure.nonRetryable(`the web server answered ${answer}`, 'NotTaken');
}

/**
 * The JSON that everybody is told; undefined when the job or batch was removed meanwhile. Its id is the same at every
 * try.
 */
async function message(roots: Roots, subject: NotifySubject): Promise<string | undefined> {
  const told = subject.kind === 'job' ? await aboutJob(roots, subject.jobKey) : await aboutBatch(roots, subject);
  return told && JSON.stringify({ id: Context.current().info.workflowExecution?.workflowId, ...told });
}

async function aboutJob(roots: Roots, jobKey: string): Promise<object | undefined> {
  const stored = await readStored(roots, jobKey);
  if (!stored) return undefined;
  const { spec, report, ended } = stored;
  return {
    event: report ? 'job.done' : 'job.failed',
    job: shortJob(spec),
    input: resolveRooted(roots, spec.input),
    output: resolveRooted(roots, spec.output),
    ...(report && { report }),
    ...(ended && { error: ended.message }),
  };
}

async function aboutBatch(
  roots: Roots,
  { batchKey, round, error }: NotifySubject & { kind: 'batch' },
): Promise<object | undefined> {
  const layout = batchLayout(roots, batchKey).round(round);
  const summary = await readJson(layout.summary, summarySchema);
  if (!summary)
    return error === undefined ? undefined : { event: 'batch.failed', batch: shortBatch({ batchKey }), error };
  const { videos, ...totals } = summary;
  const failed = videos
    .filter(({ status }) => status === 'failed')
    .slice(0, NAMED)
    .map(({ input, error }) => ({ input, error }));
  return {
    event: summary.failed > 0 || error !== undefined ? 'batch.failed' : `batch.${summary.status}`,
    ...totals,
    ...(error !== undefined && { error }),
    failures: failed,
    page: layout.page,
  };
}
