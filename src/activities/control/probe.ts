import type { ControlActivities, ScanResult } from '../../job/contracts.js';
import { type SourceScan, sourceScanSchema } from '../../job/source.js';
import { decodeTimeline, timelineSchema } from '../../job/timeline.js';
import { readRemakable } from '../../lib/durable.js';
import { scanJob } from '../../media/source/loadedJob.js';
import { type ActivityDeps, runActivity } from '../runActivity.js';

export const probe =
  (deps: ActivityDeps): ControlActivities['probe'] =>
  (ref) =>
    runActivity(deps, ref, async (job) => {
      const known = await readRemakable(job.layout.scan, sourceScanSchema);
      if (known && (!known.seekable || (await readRemakable(job.layout.planned('source').timeline, timelineSchema))))
        return toResult(known);
      const { scan, timeline } = await scanJob(job);
      return toResult(scan, timeline && decodeTimeline(timeline).length);
    });

const toResult = (scan: SourceScan, frames = scan.packets): ScanResult => ({
  frames,
  seekable: scan.seekable,
  ...(scan.reason !== undefined && { reason: scan.reason }),
});
