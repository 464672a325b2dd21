import path from 'node:path';
import { readKept, replaceJson } from '../lib/durable.js';
import { releaseOutput } from './claims.js';
import { removeHidden } from './hidden.js';
import { jobLayout, type Roots, requireInside, resolveRooted } from './layout.js';
import type { Ended } from './records.js';
import { type JobSpec, jobSpecSchema } from './spec.js';
import { discardJob } from './store.js';

/** Notes how a job ended. One that was cancelled gives up its output, and its parts where they are to be discarded. */
export async function endJob(
  roots: Roots,
  job: Pick<JobSpec, 'jobKey' | 'upscaleKey'>,
  how: Omit<Ended, 'at'>,
  discard: boolean,
): Promise<void> {
  const layout = jobLayout(roots, job);
  await requireInside(roots.jobs, layout.job);
  const spec = await readKept(layout.spec, jobSpecSchema);
  if (!spec) return;
  await replaceJson(layout.state, { ...how, at: new Date().toISOString() });
  // A result that did not pass its checks stays too: a person may want it.
  if (how.state === 'failed') return;
  await removeHidden(path.dirname(resolveRooted(roots, spec.output)), spec);
  await releaseOutput(roots, spec.output, spec.jobKey);
  if (discard) await discardJob(roots, spec);
}
