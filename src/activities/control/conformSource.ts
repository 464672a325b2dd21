import path from 'node:path';
import type { ConformResult, EncodeActivities } from '../../job/contracts.js';
import { framesWithin, originOf } from '../../job/range.js';
import { type Conformed, conformedSchema } from '../../job/records.js';
import { decodeTimeline, type Timeline } from '../../job/timeline.js';
import { flush, publishJson, publishKept, putAside, readKept, takeAway } from '../../lib/durable.js';
import { damageOf } from '../../media/ffmpeg/damage.js';
import { conformSource as conform } from '../../media/intermediate/conform.js';
import { loadScan } from '../../media/source/loadedJob.js';
import { requireFreeSpace } from '../disk.js';
import { makeFolder, wholeFile } from '../jobFiles.js';
import { type ActivityDeps, runActivity } from '../runActivity.js';

export const conformSource =
  (deps: ActivityDeps): EncodeActivities['conformSource'] =>
  (ref) =>
    runActivity(deps, ref, async (job) => {
      const { layout, input, signal, report } = job;
      const { folder, timeline } = layout.planned('conformed');
      const known = await readKept(layout.conformed, conformedSchema).catch(putAside);
      if (known && (await wholeFile(folder, known))) return toResult(known);
      // What names a file that is not there any more would win against the new one.
      if (known) await takeAway(layout.conformed, (text) => text.includes(JSON.stringify(known.file)));
      const { info, fields } = await loadScan(job);
      await makeFolder(folder);
      await requireFreeSpace(folder, deps.minFreeBytes);
      const { range } = job.spec.picture;
      const part =
        range &&
        ((whole: Timeline) =>
          framesWithin(range, { pts: decodeTimeline(whole), timebase: whole.timebase, origin: originOf(info) }));
      const { decoded, promised, errors, ...result } = await conform(input, info, folder, {
        signal,
        fields,
        part,
        onFrame: (frame) => {
          report({ frame });
        },
      });
      await flush(path.join(folder, result.file));
      const conformed: Conformed = {
        ...result,
        decoded,
        promised,
        errors,
        damaged: decoded < promised || damageOf(errors).length > 0,
      };
      await publishJson(timeline, result.timeline);
      await publishKept(layout.conformed, conformed);
      return toResult(conformed);
    });

const toResult = ({ decoded, promised, damaged }: Conformed): ConformResult => ({ decoded, promised, damaged });
