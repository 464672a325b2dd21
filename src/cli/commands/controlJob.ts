import { type Config, loadConfig } from '../../../temporal.config.js';
import { openSession, type Session } from '../../client/connection/connect.js';
import { cancelJob, pauseJob } from '../../client/job/control.js';
import { findJob, findJobOrBatch } from '../../client/job/findJob.js';
import { requireOpen, storedStatus } from '../../client/job/storedStatus.js';
import { recordJob, startJob } from '../../client/job/submit.js';
import { shortJob } from '../../job/keys.js';
import { discardJob, type StoredJob } from '../../job/store.js';
import { UserError } from '../../lib/errors.js';
import { EXIT, exitOf } from '../exit.js';
import { log, print, printJson } from '../say.js';
import { waitForJob } from '../wait.js';
import { cancelBatchCommand, pauseBatchCommand, resumeBatchCommand, waitBatch } from './controlBatch.js';

interface Json {
  json?: boolean;
}

async function withOpenJob(
  name: string,
  act: (session: Session, job: StoredJob, config: Config) => Promise<number>,
): Promise<number> {
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
    if (json) printJson({ job: shortJob(job.spec), status: state, error: message });
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
    print(
      discard
        ? `job ${shortJob(job.spec)} is cancelled and its parts are removed`
        : `job ${shortJob(job.spec)} is cancelled; ` +
            `its parts are kept (reelscale cancel ${shortJob(job.spec)} --discard removes them)`,
    );
    return EXIT.done;
  });
}
