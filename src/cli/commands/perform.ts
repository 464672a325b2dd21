import type { Config } from '../../../temporal.config.js';
import { openSession } from '../../client/connection/connect.js';
import { storeEstimate } from '../../client/estimate/estimateWork.js';
import { finishedBefore, refuseWithoutEncoder, refuseWithoutSpace } from '../../client/job/beforeStart.js';
import type { UpscaleFlags } from '../../client/job/flags.js';
import type { ResolvedJob } from '../../client/job/resolveJob.js';
import { recordJob, startJob } from '../../client/job/submit.js';
import type { JobReport } from '../../job/contracts.js';
import { shortJob } from '../../job/keys.js';
import { resolveRooted } from '../../job/layout.js';
import { type Notice, recordNotice } from '../../job/notice.js';
import { rejectedResult } from '../../job/rejected.js';
import type { JobSpec } from '../../job/spec.js';
import { EXIT, exitOf } from '../exit.js';
import { log, print, printJson } from '../say.js';
import { waitForJob } from '../wait.js';

/** Takes a job from its settings to its end. Returns the exit code. */
export async function perform(
  job: ResolvedJob,
  flags: UpscaleFlags,
  config: Config,
  notice?: Notice,
): Promise<number> {
  if (job.note !== undefined) log(job.note);
  const finished = await finishedBefore(job, config, flags.overwrite);
  if (finished) return sayFinished(finished, flags);
  await refuseWithoutSpace(job, config);
  await refuseWithoutEncoder(job, config);
  for (const flag of unappliedFlags(job.spec, flags))
    log(`job ${shortJob(job.spec)} goes on as it was specified: ${flag} has no effect`);

  if (job.stored && (await rejectedResult(config.roots, job.stored)))
    process.stderr.write(
      `job ${shortJob(job.spec)}: its last result did not pass its checks; it is joined, merged and checked again\n`,
    );

  const session = await openSession(config, log, job.spec);
  try {
    await recordJob(config, job.spec);
    if (notice)
      await recordNotice(config.roots, config.noticeKeyFile, { kind: 'job', jobKey: job.spec.jobKey }, notice);
    await storeEstimate(config, job);
    const handle = await startJob(config, session, job.spec, notice !== undefined);
    if (!flags.detach) return await waitForJob(config, session, job.spec, flags.json ?? false);
    await session.lease.detach(handle.workflowId);
    if (flags.json)
      printJson({ job: shortJob(job.spec), status: 'running', output: resolveRooted(config.roots, job.spec.output) });
    else print(`job ${shortJob(job.spec)} runs in the background: reelscale wait ${shortJob(job.spec)}`);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

/** Flags that were given now and differ from what an open job was given: they say how to work, not what to make. */
function unappliedFlags(spec: JobSpec, flags: UpscaleFlags): string[] {
  const tags = flags.tag ?? (flags.device ? [flags.device] : undefined);
  return [
    ...(flags.segmentFrames !== undefined && flags.segmentFrames !== spec.segmentFrames ? ['--segment-frames'] : []),
    ...(flags.checkpointFrames !== undefined && flags.checkpointFrames !== spec.checkpointFrames
      ? ['--checkpoint-frames']
      : []),
    ...(flags.keepMezzanine && !spec.keepMezzanine ? ['--keep-mezzanine'] : []),
    ...(flags.priority !== undefined && flags.priority !== spec.priority ? ['--priority'] : []),
    ...(tags && tags.join() !== spec.tags.join() ? [flags.tag ? '--tag' : '--device'] : []),
  ];
}

function sayFinished(report: JobReport, flags: UpscaleFlags): number {
  if (flags.json) printJson({ ...report, inferredFrames: 0, duplicateFrames: 0, reusedFrames: report.frames });
  else print(`job ${report.job} was finished before: ${report.output}`);
  for (const problem of report.accepted?.problems ?? []) log(`accepted: ${problem}`);
  return exitOf(report);
}
