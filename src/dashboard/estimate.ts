import type { Config } from '../../temporal.config.js';
import { estimateJob } from '../client/estimate/estimateJob.js';
import { resolveJob } from '../client/job/resolveJob.js';
import { freeAt } from '../lib/files.js';
import { toNumber } from '../lib/rational.js';
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
  return {
    ...(await estimateJob(job, config, { look: measure, costPerHour, signal })),
    fps: toNumber(job.info.video.frameRate),
    freeBytes: await freeAt(config.roots.jobs),
  };
}
