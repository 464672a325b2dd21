import path from 'node:path';
import type { ControlActivities } from '../job/contracts.js';
import { releaseOutput } from '../job/claims.js';
import { readJson, replaceJson } from '../job/durable.js';
import { removeHidden } from '../job/hidden.js';
import { jobLayout, requireInside, resolveRooted } from '../job/layout.js';
import { jobSpecSchema } from '../job/spec.js';
import { discardJob } from '../job/store.js';
import { toFailure, type ActivityDeps } from './context.js';

/** Does not go through the job's usual checks: a job whose source changed or went away must still be able to end. */
export const recordEnd = (deps: ActivityDeps): ControlActivities['recordEnd'] => async ({ state, message, discard, ...ref }) => {
  try {
    const layout = jobLayout(deps.roots, ref);
    await requireInside(deps.roots.jobs, layout.job);
    const spec = await readJson(layout.spec, jobSpecSchema);
    if (!spec) return;
    await replaceJson(layout.state, { state, message, at: new Date().toISOString() });
    // A result that did not pass its checks stays too: a person may want it.
    if (state === 'failed') return;
    await removeHidden(path.dirname(resolveRooted(deps.roots, spec.output)), spec);
    await releaseOutput(deps.roots, spec.output, spec.jobKey);
    if (discard) await discardJob(deps.roots, spec);
  } catch (error) {
    throw toFailure(error);
  }
};
