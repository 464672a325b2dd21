import { createHmac } from 'node:crypto';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { execa } from 'execa';
import { summarySchema } from '../job/batch/records.js';
import { batchLayout } from '../job/batch/layout.js';
import type { TellActivities, TellSubject } from '../job/contracts.js';
import { readJson } from '../job/durable.js';
import { WorldError } from '../job/errors.js';
import { withLimit } from '../job/limit.js';
import { shortJob } from '../job/keys.js';
import { resolveRooted, type Roots } from '../job/layout.js';
import { readNotice } from '../job/notice.js';
import { readStored } from '../job/store.js';
import { tied } from '../media/tools.js';
import { runWork, type ActivityDeps } from './context.js';

const ANSWER_MS = 30_000;
/** Answers of a kind that another try may change. */
const MAY_PASS = [408, 425, 429];
/** Failed videos that a message names. */
const NAMED = 100;

export const createTellActivities = (deps: ActivityDeps): TellActivities => ({
  sendWebhook: (subject) => runWork(deps, async ({ signal }) => {
    const notice = await readNotice(deps.roots, subject);
    if (notice?.url === undefined) return;
    const body = await message(deps.roots, subject);
    if (body !== undefined) await post(notice.url, body, notice.secret, signal);
  }),
  runHook: (subject) => runWork(deps, async ({ signal }) => {
    const notice = await readNotice(deps.roots, subject);
    if (notice?.command === undefined) return;
    const body = await message(deps.roots, subject);
    if (body === undefined) return;
    const [tool, args] = tied('sh', ['-c', notice.command]);
    const { failed, exitCode, stderr, isCanceled } = await execa(tool, args, { input: body, stdout: 'ignore', cancelSignal: signal, reject: false, maxBuffer: 1 << 20 });
    if (failed && !isCanceled) throw ApplicationFailure.nonRetryable(`the command ended with code ${exitCode ?? 'none'}: ${stderr.slice(-500)}`, 'HookFailed');
  }),
});

async function post(url: string, body: string, secret: string | undefined, signal: AbortSignal): Promise<void> {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = secret === undefined ? undefined : createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
  const headers = {
    'content-type': 'application/json',
    'x-reelscale-timestamp': timestamp,
    ...(signature !== undefined && { 'x-reelscale-signature': `sha256=${signature}` }),
  };
  // The address is left out of every message: it may hold a token, and messages are kept in the history.
  const response = await withLimit(ANSWER_MS, signal, (limited) => fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limited })).catch(() => undefined);
  signal.throwIfAborted();
  await response?.body?.cancel();
  if (response?.ok) return;
  if (!response || response.status >= 500 || MAY_PASS.includes(response.status)) throw new WorldError(`the web server ${response ? `answered ${response.status}` : 'could not be reached'}`);
  throw ApplicationFailure.nonRetryable(`the web server answered ${response.status}`, 'NotTaken');
}

/** The JSON that everybody is told; undefined when the job or batch was removed meanwhile. Its id is the same at every try. */
async function message(roots: Roots, subject: TellSubject): Promise<string | undefined> {
  const told = subject.kind === 'job' ? await aboutJob(roots, subject.jobKey) : await aboutBatch(roots, subject.batchKey, subject.round);
  return told && JSON.stringify({ id: Context.current().info.workflowExecution?.workflowId, ...told });
}

async function aboutJob(roots: Roots, jobKey: string): Promise<object | undefined> {
  const stored = await readStored(roots, jobKey);
  if (!stored) return undefined;
  const { spec, report, ended } = stored;
  return {
    event: report ? 'job.done' : 'job.failed', job: shortJob(spec), input: resolveRooted(roots, spec.input), output: resolveRooted(roots, spec.output),
    ...(report && { report }), ...(ended && { error: ended.message }),
  };
}

async function aboutBatch(roots: Roots, batchKey: string, round: string): Promise<object | undefined> {
  const layout = batchLayout(roots, batchKey).round(round);
  const summary = await readJson(layout.summary, summarySchema);
  if (!summary) return undefined;
  const { videos, ...totals } = summary;
  const failed = videos.filter(({ status }) => status === 'failed').slice(0, NAMED).map(({ input, error }) => ({ input, error }));
  return { event: summary.failed > 0 ? 'batch.failed' : `batch.${summary.status}`, ...totals, failures: failed, page: layout.page };
}
