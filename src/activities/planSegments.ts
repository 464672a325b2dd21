import type { ControlActivities } from '../job/contracts.js';
import { publishJson, readJson } from '../job/durable.js';
import { planSchema, planSegments as plan } from '../job/plan.js';
import { decodeTimeline } from '../job/timeline.js';
import { deliverableSize } from '../media/deliverable.js';
import { runActivity, type ActivityDeps } from './context.js';
import { makeFolder } from './files.js';
import { loadPlan, loadPictures, loadTimeline } from './job.js';

/** Source pixels a second through a network, for the size of segments only: a slow guess makes more of them, no more. */
const PIXELS_PER_SECOND = { cpu: 1e5, gpu: 1e6 };

export const planSegments = (deps: ActivityDeps): ControlActivities['planSegments'] => ({ from, devices, ...ref }) =>
  runActivity(deps, ref, async (job) => {
    const { layout, spec } = job;
    const { plan: file } = layout.planned(from);
    if (!(await readJson(file, planSchema))) {
      const { video } = await loadPictures(job);
      const { width, height } = video;
      const output = deliverableSize(video, spec.method.scale);
      const speed = PIXELS_PER_SECOND[spec.tags.includes('cpu') ? 'cpu' : 'gpu'];
      await publishJson(file, plan({
        pts: decodeTimeline(await loadTimeline(job, from)),
        from,
        outputPixels: output.width * output.height,
        devices: spec.method.kind === 'model' ? devices : 1,
        ...(spec.method.kind === 'model' && { expectedFps: speed / (width * height) }),
        ...(spec.segmentFrames !== undefined && { segmentFrames: spec.segmentFrames }),
      }));
    }
    // Whoever was first wrote the plan that counts.
    const { frames, segments } = await loadPlan(job, from);
    await makeFolder(layout.encodedRoot(from));
    return { frames, segments: segments.map((segment) => segment.frames) };
  });
