import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ControlActivities } from '../job/contracts.js';
import { openJobs } from '../job/store.js';
import { runActivity, type ActivityDeps } from './context.js';

/** Removes a segment's upscaled frames, unless another open job with the same pictures still has to encode them. */
export const deleteMezzanine = (deps: ActivityDeps): ControlActivities['deleteMezzanine'] => ({ from, segment, ...ref }) =>
  runActivity(deps, ref, async ({ layout }) => {
    const others = (await openJobs(deps.roots)).filter((job) => job.upscaleKey === ref.upscaleKey && job.jobKey !== ref.jobKey);
    if (others.length > 0) return;
    const folder = layout.planned(from).parts(segment);
    const names = await readdir(folder).catch(() => []);
    // Records first, so that none names a missing file; the tally of inferred frames stays for the report.
    for (const name of names.sort((a, b) => Number(b.endsWith('.json')) - Number(a.endsWith('.json')))) {
      if (name !== 'inferred') await rm(path.join(folder, name), { force: true });
    }
  });
