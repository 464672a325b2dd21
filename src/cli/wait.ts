import type { Config } from '../../temporal.config.js';
import { type JobHandle, type Session, workflowIdOf } from '../client/connection/connect.js';
import { request } from '../client/connection/request.js';
import { howToAccept } from '../client/job/accept.js';
import { shortJob } from '../job/keys.js';
import { rejectedResult } from '../job/rejected.js';
import type { JobSpec } from '../job/spec.js';
import { readStored } from '../job/store.js';
import { pauseRequest } from '../workflows/messages.js';
import { EXIT, exitOf } from './exit.js';
import { follow, type Outcome } from './follow.js';
import { ProgressView } from './render.js';
import { log, printJson } from './say.js';
import { stoppable } from './stopSignal.js';

/**
 * Waits for a job with progress on stderr, says how it ended, and returns the exit code. Ctrl-C pauses the job, unless
 * others wait on it.
 */
export async function waitForJob(config: Config, session: Session, spec: JobSpec, json: boolean): Promise<number> {
  const workflowId = workflowIdOf(spec.jobKey);
  const view = new ProgressView(process.stderr);
  return stoppable(async (stop) => {
    await session.lease.watch(workflowId);
    const outcome = await follow(session.client, workflowId, view, stop);
    return outcome
      ? await conclude(config, outcome, spec, json)
      : await pauseUnlessWatched(session, session.client.workflow.getHandle(workflowId), spec, json);
  });
}

async function pauseUnlessWatched(session: Session, handle: JobHandle, spec: JobSpec, json: boolean): Promise<number> {
  const job = shortJob(spec);
  const others = await session.lease.otherWatchers(handle.workflowId);
  if (others > 0) {
    log(`job ${job} goes on: another command waits for it`);
  } else {
    log('finishing the part at hand; Ctrl-C again leaves at once');
    await request(handle, pauseRequest, { reason: 'interrupted' });
    log(`job ${job} is paused: run the same command again to go on`);
  }
  if (json) printJson({ job, status: others > 0 ? 'running' : 'interrupted' });
  return EXIT.interrupted;
}

async function conclude(config: Config, outcome: Outcome, spec: JobSpec, json: boolean): Promise<number> {
  const job = shortJob(spec);
  if (outcome.how === 'done') {
    const { report } = outcome;
    for (const warning of report.warnings) log(`warning: ${warning}`);
    for (const problem of report.accepted?.problems ?? []) log(`accepted: ${problem}`);
    if (report.damaged) process.stderr.write(damageLine(report.damaged));
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${report.output}\n`);
    return exitOf(report);
  }
  const text =
    outcome.how === 'failed' ? outcome.message : outcome.how === 'paused' ? `paused: ${outcome.reason}` : 'cancelled';
  log(`reelscale: job ${job}: ${text}`);
  const stored = outcome.how === 'failed' ? await readStored(config.roots, spec.jobKey) : undefined;
  const rejected = stored && (await rejectedResult(config.roots, stored));
  if (rejected) log(howToAccept(spec, rejected));
  if (json) printJson({ job, status: outcome.how, error: text });
  if (outcome.how === 'paused') return EXIT.interrupted;
  return outcome.how === 'failed' && outcome.usage ? EXIT.usage : EXIT.failed;
}

const damageLine = ({ expected, decoded }: { expected: number; decoded: number }): string =>
  decoded < expected
    ? `the source is damaged: ${decoded} of ${expected} promised frames could be decoded, ` +
      `and all of them were delivered\n`
    : `the source is damaged: all ${decoded} frames could be decoded, some of them not without errors\n`;
