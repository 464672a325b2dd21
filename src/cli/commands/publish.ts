import { z } from 'zod';
import { loadConfig } from '../../../temporal.config.js';
import { openSession } from '../../client/connection/connect.js';
import { acceptResult, howToAccept, isAccepted, requireRejected } from '../../client/job/accept.js';
import { findJob } from '../../client/job/findJob.js';
import { parseOptions } from '../../client/job/flags.js';
import { startJob } from '../../client/job/submit.js';
import { shortJob } from '../../job/keys.js';
import { UserError } from '../../lib/errors.js';
import { EXIT } from '../exit.js';
import { log } from '../say.js';
import { waitForJob } from '../wait.js';

const flagsSchema = z.object({
  anyway: z.boolean().default(false),
  overwrite: z.boolean().default(false),
  json: z.boolean().default(false),
});

/**
 * Delivers a result that did not pass its checks, for a person who has seen what is wrong with it. Returns the exit
 * code: 0 once it is delivered.
 */
export async function publish(name: string, options: unknown): Promise<number> {
  const { anyway, overwrite, json } = parseOptions(flagsSchema, options);
  const config = loadConfig();
  const job = await findJob(config, name);
  let { spec } = job;
  // One that was interrupted goes on.
  if (!(await isAccepted(config, job))) {
    const rejected = await requireRejected(config, job);
    if (!anyway)
      throw new UserError(
        `job ${shortJob(spec)}: the result did not pass its checks: ${rejected.problems.join('; ')}. ` +
          `${howToAccept(spec, rejected)}`,
      );
    spec = await acceptResult(config, job, rejected, overwrite);
  }
  const session = await openSession(config, log, spec);
  try {
    await startJob(config, session, spec);
    const code = await waitForJob(config, session, spec, json);
    return code === EXIT.damaged ? EXIT.done : code;
  } finally {
    await session.close();
  }
}
