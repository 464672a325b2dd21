import type { ControlActivities } from '../job/contracts.js';
import { endJob } from '../job/endJob.js';
import { toFailure, type ActivityDeps } from './context.js';

/** Does not go through the job's usual checks: a job whose source changed or went away must still be able to end. */
export const recordEnd = (deps: ActivityDeps): ControlActivities['recordEnd'] => async ({ state, message, discard, ...ref }) => {
  try {
    await endJob(deps.roots, ref, { state, message }, discard);
  } catch (error) {
    throw toFailure(error);
  }
};
