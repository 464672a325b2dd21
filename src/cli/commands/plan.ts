import { z } from 'zod';
import { loadConfig } from '../../../temporal.config.js';
import { estimateJob } from '../../client/estimate/estimateJob.js';
import { parseOptions, price, upscaleFlagsSchema } from '../../client/job/flags.js';
import { resolveJob } from '../../client/job/resolveJob.js';
import { EXIT } from '../exit.js';
import { renderEstimate } from '../renderEstimate.js';
import { log, print } from '../say.js';
import { interruptible } from '../stopSignal.js';

const flagsSchema = z.object({ ...upscaleFlagsSchema.shape, costPerHour: price.optional() });

/** What a job would take, before it is started: frames, disk, time, cost. Starts nothing. Returns the exit code. */
export function plan(input: string, options: unknown): Promise<number> {
  const { costPerHour, ...flags } = parseOptions(flagsSchema, options);
  return interruptible(async (signal) => {
    const config = loadConfig();
    const job = await resolveJob(input, flags, config, { alone: true, say: log });
    const estimate = await estimateJob(job, config, { look: true, costPerHour, signal });
    print(flags.json ? JSON.stringify(estimate) : renderEstimate(estimate, costPerHour));
    return EXIT.done;
  });
}
