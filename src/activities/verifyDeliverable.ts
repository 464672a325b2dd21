import path from 'node:path';
import type { ControlActivities } from '../job/contracts.js';
import { readJson, replaceJson } from '../job/durable.js';
import { deliverableSize } from '../media/deliverable.js';
import { verifyDeliverable as verify } from '../media/verify.js';
import { runActivity, type ActivityDeps } from './context.js';
import { loadDelivered, loadFrames } from './job.js';
import { mergedSchema } from './mergeAudio.js';

const SHOWN_PROBLEMS = 5;

export const verifyDeliverable = (deps: ActivityDeps): ControlActivities['verifyDeliverable'] => ({ from, ...ref }) =>
  runActivity(deps, ref, async (job) => {
    const { layout, spec, signal, report } = job;
    const merged = await readJson(layout.merged, mergedSchema);
    if (!merged) throw new Error('the merged file is missing');
    const source = await loadFrames(job, from);
    const { pts, timebase, lastDuration } = await loadDelivered(job, from);
    const result = await verify({
      file: path.join(path.dirname(job.output), merged.file),
      source,
      expectedPts: pts,
      timebase,
      lastDuration,
      ...deliverableSize(source.info.video, spec.method.scale),
      contents: merged.contents,
      signal,
      onFrame: (frame) => { report({ frame }); },
    });
    await replaceJson(layout.verified, result);
    return { ok: result.ok, problems: result.problems.slice(0, SHOWN_PROBLEMS) };
  });
