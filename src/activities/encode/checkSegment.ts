import path from 'node:path';
import type { EncodeActivities } from '../../job/contracts.js';
import { findParts, type Part, readChecked as readAgain, verifyParts } from '../../job/parts.js';
import { warnedSchema } from '../../job/records.js';
import { publishJson, readRemakable } from '../../lib/durable.js';
import { PartDamaged } from '../../lib/errors.js';
import { loadFrames, loadSegment } from '../../media/source/loadedJob.js';
import { type CheckedPart, publishChecked, readChecked } from '../../media/verify/checkedPart.js';
import { checkPart } from '../../media/verify/checkPart.js';
import { removeStills } from '../../media/verify/shownFrames.js';
import { sampledFrames } from '../../media/verify/stills.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';

const SHOWN_PROBLEMS = 5;

/** Compares a segment's encoded parts with the source, one by one; each is durable with what was seen of it. */
export const checkSegment =
  (deps: ActivityDeps): EncodeActivities['checkSegment'] =>
  ({ from, segment: index, startedAt, ...ref }) =>
    runActivity(deps, ref, async (job) => {
      const { segment } = await loadSegment(job, from, index);
      const last = segment.startFrame + segment.frames;
      const folder = job.layout.encoded(from, index);
      const parts = await findParts(folder, segment.startFrame, last);
      if (parts.at(-1)?.end !== last)
        throw new PartDamaged(`encoded frames are missing in segment ${index + 1}; they are made again`);
      const known = new Map<Part, CheckedPart>();
      for (const part of parts) {
        const checked = await readChecked(folder, part);
        if (checked) known.set(part, checked);
      }
      const durable = (): number => (parts.find((part) => !known.has(part))?.start ?? last) - segment.startFrame;
      job.begin({ segment: index, durableFrame: durable() });
      if (known.size < parts.length) {
        // A check whose worker was killed has left its own.
        await removeStills(folder);
        const source = await loadFrames(job, from);
        const stills = sampledFrames(source.pts.length);
        for (const part of parts.filter((each) => !known.has(each))) {
          const { start, end, sha256 } = part;
          const request = {
            file: path.join(folder, part.file),
            start,
            end,
            source,
            stills,
            scratch: folder,
            signal: job.signal,
            onFrame: (frames: number) => {
              job.report({ frame: start - segment.startFrame + frames });
            },
          };
          const findings = await readAgain(
            () => checkPart(request),
            () => verifyParts(folder, [part], job.signal),
            job.signal,
          );
          const checked: CheckedPart = { start, end, sha256, ...findings };
          await publishChecked(folder, checked);
          known.set(part, checked);
          job.report({ durableFrame: durable() });
          if (findings.problems.length > 0) break;
        }
      }
      const problems = [...known.values()].sort((a, b) => a.start - b.start).flatMap((checked) => checked.problems);
      const ok = problems.length === 0 || (await wasToldBefore(job, startedAt, problems));
      return { ok, problems: problems.slice(0, SHOWN_PROBLEMS) };
    });

/** The first bad segment ends a job. Whoever starts that job again wants to see the whole of it. */
async function wasToldBefore({ layout }: Run, startedAt: number, problems: string[]): Promise<boolean> {
  await publishJson(layout.warned, { at: new Date().toISOString(), problems });
  const warned = await readRemakable(layout.warned, warnedSchema);
  return warned !== undefined && Date.parse(warned.at) < startedAt;
}
