import { backlogSegments } from '../../job/backlog.js';
import type { ControlActivities } from '../../job/contracts.js';
import { outcomesOf, readEstimate, speedOf } from '../../job/estimateRecords.js';
import { encodeSecondsOf, followedPart } from '../../job/following.js';
import { planSegments as plan, planSchema } from '../../job/plan.js';
import { decodeTimeline } from '../../job/timeline.js';
import { publishKept, putAside, readKept } from '../../lib/durable.js';
import { freeAt } from '../../lib/files.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { loadPictures, loadPlan, loadTimeline } from '../../media/source/loadedJob.js';
import { fpsOf, planRequest } from '../../media/source/planRequest.js';
import { makeFolder } from '../jobFiles.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';

export const planSegments =
  (deps: ActivityDeps): ControlActivities['planSegments'] =>
  ({ from, devices, ...ref }) =>
    runActivity(deps, ref, async (job) => {
      const { layout, spec } = job;
      const { plan: file } = layout.planned(from);
      const { video } = await loadPictures(job);
      const speed = await speedBefore(deps, job);
      const { width, height } = deliverableShape(video, spec.method.scale, spec.picture);
      const encodeSeconds = encodeSecondsOf(width * height, spec.encode.threads);
      const isModel = spec.method.kind === 'model';
      const follow =
        isModel && speed !== undefined ? followedPart(fpsOf(speed, devices, video), encodeSeconds) : undefined;
      if (!(await readKept(file, planSchema).catch(putAside))) {
        const pts = decodeTimeline(await loadTimeline(job, from));
        const request = planRequest(spec, video, { pts, from, devices, speed });
        await publishKept(file, plan({ ...request, follows: follow !== undefined }));
      }
      // Whoever was first wrote the plan that counts.
      const { frames, ...planned } = await loadPlan(job, from);
      const encoded = layout.encodedRoot(from);
      await makeFolder(encoded);
      const segments = planned.segments.map((segment) => segment.frames);
      const backlog = backlogSegments({
        segments,
        outputPixels: width * height,
        bitDepth: spec.picture.bitDepth,
        free: await freeAt(encoded),
        most: deps.backlogBytes,
        devices,
      });
      return { frames, segments, backlog, ...(isModel && { encodeSeconds }), ...(follow !== undefined && { follow }) };
    });

/** Source pixels a second of earlier jobs of this kind, by the submitting host's account. */
async function speedBefore({ roots }: ActivityDeps, { layout }: Run): Promise<number | undefined> {
  const estimate = await readEstimate(layout.estimate);
  return estimate && speedOf(await outcomesOf(roots.jobs, estimate.key));
}
