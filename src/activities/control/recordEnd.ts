import type { ControlActivities } from '../../job/contracts.js';
import { endJob } from '../../job/endJob.js';
import { type ActivityDeps, runWork } from '../runActivity.js';

/** Does not go through the job's usual checks: a job whose source changed or went away must still be able to end. */
export const recordEnd =
  (deps: ActivityDeps): ControlActivities['recordEnd'] =>
  ({ state, message, discard, ...ref }) =>
    runWork(deps, () => endJob(deps.roots, ref, { state, message }, discard));
