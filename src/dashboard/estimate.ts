import { statfs } from 'node:fs/promises';
import type { Config } from '../../temporal.config.js';
import { estimateJob } from '../client/estimate/estimateJob.js';
import { resolveJob } from '../client/job/resolveJob.js';
import { toNumber } from '../lib/rational.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import type { Estimate, Submit } from './schemas/submit.js';

export type EstimateRequest = Pick<Submit, 'input' | 'preset' | 'model' | 'scale'> & {
  measure: boolean;
  costPerHour?: number | undefined;
};

/**
 * What a job would take, as `reelscale plan` says it; without `measure` by what is known already, at once. @throws
 * UserError as the job would.
 */
export async function estimate(
  config: Config,
  { input, measure, costPerHour, ...flags }: EstimateRequest,
  signal: AbortSignal,
): Promise<Estimate> {
  const job = await resolveJob(input, flags, config, { alone: true });
  const disk = await statfs(config.roots.jobs).catch(ignoreMissing);
  return {
    ...(await estimateJob(job, config, { look: measure, costPerHour, signal })),
    fps: toNumber(job.info.video.frameRate),
    ...(disk && { freeBytes: disk.bavail * disk.bsize }),
  };
}
