import type { ControlActivities } from '../../job/contracts.js';
import { planSegments as plan, planSchema } from '../../job/plan.js';
import { decodeTimeline } from '../../job/timeline.js';
import { publishKept, putAside, readKept } from '../../lib/durable.js';
import { loadPictures, loadPlan, loadTimeline } from '../../media/source/loadedJob.js';
import { planRequest } from '../../media/source/planRequest.js';
import { makeFolder } from '../jobFiles.js';
import { type ActivityDeps, runActivity } from '../runActivity.js';

export const planSegments =
  (deps: ActivityDeps): ControlActivities['planSegments'] =>
  ({ from, devices, ...ref }) =>
    runActivity(deps, ref, async (job) => {
      const { layout, spec } = job;
      const { plan: file } = layout.planned(from);
      if (!(await readKept(file, planSchema).catch(putAside))) {
        const { video } = await loadPictures(job);
        await publishKept(
          file,
          plan(planRequest(spec, video, { pts: decodeTimeline(await loadTimeline(job, from)), from, devices })),
        );
      }
      // Whoever was first wrote the plan that counts.
      const { frames, segments } = await loadPlan(job, from);
      await makeFolder(layout.encodedRoot(from));
      return { frames, segments: segments.map((segment) => segment.frames) };
    });
