import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { ControlActivities } from '../../job/contracts.js';
import { surveyJobs } from '../../job/store.js';
import { namesIn } from '../../lib/durable.js';
import { type ActivityDeps, runActivity } from '../runActivity.js';

/**
 * Removes a segment's upscaled frames, unless another job with the same pictures still has to encode them, or keeps
 * them; or a job cannot be read, and may be such.
 */
export const deleteMezzanine =
  (deps: ActivityDeps): ControlActivities['deleteMezzanine'] =>
  ({ from, segment, ...ref }) =>
    runActivity(deps, ref, async ({ layout }) => {
      const { jobs, damaged } = await surveyJobs(deps.roots);
      const needed =
        damaged.length > 0 ||
        jobs.some(
          ({ spec, report, ended }) =>
            spec.upscaleKey === ref.upscaleKey &&
            spec.jobKey !== ref.jobKey &&
            (spec.keepMezzanine || !(report || ended)),
        );
      if (needed) return;
      const folder = layout.planned(from).parts(segment);
      const names = await namesIn(folder);
      // Records first, so that none names a missing file; the tally of inferred frames stays for the report.
      for (const name of names.sort((a, b) => Number(b.endsWith('.json')) - Number(a.endsWith('.json')))) {
        if (name !== 'inferred') await rm(path.join(folder, name), { force: true });
      }
    });
