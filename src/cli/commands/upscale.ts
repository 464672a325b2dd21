import { loadConfig } from '../../../temporal.config.js';
import { refuseWithoutDevice } from '../../client/job/beforeStart.js';
import { parseFlags } from '../../client/job/flags.js';
import { resolveJob } from '../../client/job/resolveJob.js';
import { resolveNotice } from '../noticeFlags.js';
import { log } from '../say.js';

/** The main job: one video, from the command line to a checked file. Returns the exit code. */
export async function upscale(input: string, options: unknown): Promise<number> {
  const flags = parseFlags(options);
  const config = loadConfig();
  const notice = await resolveNotice(options);
  const job = await resolveJob(input, flags, config, { say: log });
  await refuseWithoutDevice(job, config);
  // Imported late: what is refused needs no server.
  const { perform } = await import('./perform.js');
  return perform(job, flags, config, notice);
}
