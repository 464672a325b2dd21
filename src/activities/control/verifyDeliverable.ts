import path from 'node:path';
import type { ControlActivities } from '../../job/contracts.js';
import { mergedSchema } from '../../job/records.js';
import { putAside, readKept, replaceKept, replaceText } from '../../lib/durable.js';
import { PartDamaged } from '../../lib/errors.js';
import { toNumber } from '../../lib/rational.js';
import { DELIVERED_PIXELS } from '../../media/picture/color.js';
import { deliverableTags } from '../../media/picture/deliverable.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { loadCut, loadDelivered, loadFrames, loadTimeline } from '../../media/source/loadedJob.js';
import { removeStills } from '../../media/verify/shownFrames.js';
import { verifyDeliverable as verify } from '../../media/verify/verifyDeliverable.js';
import { type ActivityDeps, runActivity } from '../runActivity.js';

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
