import type { ControlActivities } from '../../job/contracts.js';
import { publishJson, readRemakable } from '../../lib/durable.js';
import { loadFrames } from '../../media/source/loadedJob.js';
import { traceSource as trace, traceSchema } from '../../media/verify/trace.js';
import { type ActivityDeps, runActivity } from '../runActivity.js';

/** One straight decode of the source, whatever segments are cut from it. Begun anew where it was interrupted. */
export const traceSource =
  (deps: ActivityDeps): ControlActivities['traceSource'] =>
  (ref) =>
    runActivity(deps, ref, async (job) => {
      const { layout, signal, report } = job;
      if (await readRemakable(layout.trace, traceSchema)) return;
      const found = await trace(await loadFrames(job, 'source'), {
        signal,
        onFrame: (frame) => {
          report({ frame });
        },
      });
      await publishJson(layout.trace, found);
    });
