import type { ControlActivities } from '../job/contracts.js';
import { publishKept, putAside, readKept } from '../job/durable.js';
import { planSchema, planSegments as plan, type PlanRequest } from '../job/plan.js';
import type { SourceInfo } from '../job/source.js';
import type { JobSpec } from '../job/spec.js';
import { decodeTimeline } from '../job/timeline.js';
import { deliverableShape } from '../media/shape.js';
import { runActivity, type ActivityDeps } from './context.js';
import { makeFolder } from './files.js';
import { loadPlan, loadPictures, loadTimeline } from './job.js';

/** Source pixels a second through a network, for the size of segments only: a slow guess makes more of them, no more. */
const PIXELS_PER_SECOND = { cpu: 1e5, gpu: 1e6 };

/** What a job's plan is made of. @param video of the pictures that are enlarged. @param devices that may upscale at the same time. */
export function planRequest(spec: JobSpec, video: SourceInfo['video'], { pts, from, devices }: Pick<PlanRequest, 'pts' | 'from' | 'devices'>): PlanRequest {
  const isModel = spec.method.kind === 'model';
  const output = deliverableShape(video, spec.method.scale, spec.picture);
  const speed = PIXELS_PER_SECOND[spec.tags.includes('cpu') ? 'cpu' : 'gpu'];
  return {
    pts,
    from,
    outputPixels: output.width * output.height,
    bitDepth: spec.picture.bitDepth,
    devices: isModel ? devices : 1,
    ...(isModel && { expectedFps: speed / (video.width * video.height) }),
    ...(spec.segmentFrames !== undefined && { segmentFrames: spec.segmentFrames }),
  };
}

export const planSegments = (deps: ActivityDeps): ControlActivities['planSegments'] => ({ from, devices, ...ref }) =>
  runActivity(deps, ref, async (job) => {
    const { layout, spec } = job;
    const { plan: file } = layout.planned(from);
    if (!(await readKept(file, planSchema).catch(putAside))) {
      const { video } = await loadPictures(job);
      await publishKept(file, plan(planRequest(spec, video, { pts: decodeTimeline(await loadTimeline(job, from)), from, devices })));
    }
    // Whoever was first wrote the plan that counts.
    const { frames, segments } = await loadPlan(job, from);
    await makeFolder(layout.encodedRoot(from));
    return { frames, segments: segments.map((segment) => segment.frames) };
  });
