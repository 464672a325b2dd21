import { decodeTimeline } from '../job/timeline.js';
import type { ControlActivities, ScanResult } from '../job/contracts.js';
import { publishJson, readJson } from '../job/durable.js';
import { sourceScanSchema, type SourceScan } from '../job/source.js';
import { timelineSchema } from '../job/timeline.js';
import { probeSource } from '../media/probe.js';
import { examineSource } from '../media/examine.js';
import { runActivity, type ActivityDeps } from './context.js';

export const probe = (deps: ActivityDeps): ControlActivities['probe'] => (ref) =>
  runActivity(deps, ref, async ({ layout, spec, input, signal, report }) => {
    const known = await readJson(layout.scan, sourceScanSchema);
    if (known && (!known.seekable || (await readJson(layout.planned('source').timeline, timelineSchema)))) return toResult(known);
    const info = await probeSource(input, { signal });
    const { scan, timeline } = await examineSource(input, info, spec.picture, { signal, onPackets: (frame) => { report({ frame }); } });
    // The timeline first: whoever finds the scan finds both.
    if (timeline) await publishJson(layout.planned('source').timeline, timeline);
    await publishJson(layout.scan, scan);
    return toResult(scan, timeline && decodeTimeline(timeline).length);
  });

const toResult = (scan: SourceScan, frames = scan.packets): ScanResult => ({
  frames,
  seekable: scan.seekable,
  ...(scan.reason !== undefined && { reason: scan.reason }),
});
