import path from 'node:path';
import type { ControlActivities, From } from '../../job/contracts.js';
import { findParts } from '../../job/parts.js';
import { mergedSchema } from '../../job/records.js';
import { putAside, readKept, readRemakable, replaceKept, replaceText } from '../../lib/durable.js';
import { PartDamaged } from '../../lib/errors.js';
import { toNumber } from '../../lib/rational.js';
import { DELIVERED_PIXELS } from '../../media/picture/color.js';
import { deliverableTags } from '../../media/picture/deliverable.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { loadCut, loadDelivered, loadFrames, loadPlan, loadTimeline } from '../../media/source/loadedJob.js';
import type { Along } from '../../media/verify/along.js';
import { type CheckedPart, readChecked } from '../../media/verify/checkedPart.js';
import { removeStills } from '../../media/verify/shownFrames.js';
import { traceSchema } from '../../media/verify/trace.js';
import { verifyDeliverable as verify } from '../../media/verify/verifyDeliverable.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';

const SHOWN_PROBLEMS = 5;

export const verifyDeliverable =
  (deps: ActivityDeps): ControlActivities['verifyDeliverable'] =>
  ({ from, ...ref }) =>
    runActivity(deps, ref, async (job) => {
      const { layout, spec, signal, report } = job;
      const merged = await readKept(layout.merged, mergedSchema).catch(putAside);
      if (!merged) throw new PartDamaged('the merged file is missing; it is made again');
      // A check whose worker was killed has left its own.
      await removeStills(layout.job);
      const source = await loadFrames(job, from);
      const timeline = await loadTimeline(job, from);
      const { pts, timebase, lastDuration } = await loadDelivered(job, from);
      const { report: result, page } = await verify({
        file: path.join(path.dirname(job.output), merged.file),
        source,
        expectedPts: pts,
        timebase,
        lastDuration,
        ...deliverableShape(source.info.video, spec.method.scale, spec.picture),
        contents: merged.contents,
        colors: deliverableTags(source.info),
        soundSource: job.input,
        firstPts: timeline.firstPts * toNumber(timeline.timebase),
        cut: await loadCut(job, from),
        sha256: merged.sha256,
        pixelFormat: DELIVERED_PIXELS[spec.picture.bitDepth],
        hdr: source.info.video.hdr,
        along: await seenBefore(job, from),
        pageTitle: path.basename(job.output),
        scratch: layout.job,
        signal,
        onFrame: (frame) => {
          report({ frame });
        },
      });
      await replaceKept(layout.verified, result);
      if (page !== undefined) await replaceText(layout.verifiedPage, page);
      return { ok: result.ok, problems: result.problems.slice(0, SHOWN_PROBLEMS) };
    });

/** What the checks of the segments have seen; undefined for a job that checks all at its end. */
async function seenBefore(job: Run, from: From): Promise<Along | undefined> {
  const parts: (CheckedPart | undefined)[] = [];
  for (const { index, startFrame, frames } of (await loadPlan(job, from)).segments) {
    const folder = job.layout.encoded(from, index);
    for (const part of await findParts(folder, startFrame, startFrame + frames))
      parts.push(await readChecked(folder, part));
  }
  const trace = from === 'source' ? await readRemakable(job.layout.trace, traceSchema) : undefined;
  const straight = from === 'conformed' || trace !== undefined;
  return straight && parts.some((part) => part) ? { parts, trace } : undefined;
}
