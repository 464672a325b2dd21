import { type Plan, planSegments } from '../../job/plan.js';
import { clipOf, originOf } from '../../job/range.js';
import type { SourceInfo } from '../../job/source.js';
import type { JobSpec } from '../../job/spec.js';
import { decodeTimeline } from '../../job/timeline.js';
import { toNumber } from '../../lib/rational.js';
import { examineSource, picturesOf, usedInfo } from '../../media/source/examine.js';
import { planRequest } from '../../media/source/planRequest.js';

export interface PlannedFrames {
  /** Of the pictures that are enlarged. */
  info: SourceInfo;
  plan: Plan;
  /** Why the source has to be conformed first, where that is known. */
  conform?: string;
}

/** What works on a job: devices, and the source pixels a second that earlier jobs of this kind reached with them. */
interface Workers {
  devices: number;
  speed: number | undefined;
}

/** The frames of a job by reading its source's packets and looking at some pictures, as the job does. */
export async function readFrames(
  file: string,
  spec: JobSpec,
  info: SourceInfo,
  workers: Workers,
  signal: AbortSignal | undefined,
): Promise<PlannedFrames> {
  const { scan, timeline } = await examineSource(file, info, spec.picture, { signal });
  const pictures = picturesOf(scan, spec.picture);
  const { range } = spec.picture;
  if (timeline) {
    const used = range ? clipOf(timeline, range, originOf(info)).timeline : timeline;
    return planned(spec, pictures, decodeTimeline(used), 'source', workers);
  }
  const packets = range ? (pictures.video.promisedFrames ?? scan.packets) : scan.packets;
  const count = packets * (scan.fields?.remedy === 'double' ? 2 : 1);
  return {
    ...planned(spec, pictures, counted(count), 'conformed', workers),
    conform: scan.reason ?? 'segments cannot seek in it',
  };
}

/** The frames of a job by what its source's header says. */
export function promisedFrames(spec: JobSpec, whole: SourceInfo, workers: Workers): PlannedFrames {
  const info = usedInfo(whole, spec.picture);
  return planned(spec, info, counted(headerFrames(info)), 'source', workers);
}

/** Frames that a source's header speaks of; 0 where it does not. */
export const headerFrames = ({ video, durationSeconds = 0 }: SourceInfo): number =>
  video.promisedFrames ?? Math.ceil(durationSeconds * toNumber(video.frameRate));

const counted = (frames: number): Float64Array => Float64Array.from({ length: Math.max(1, frames) }, (_, i) => i);

const planned = (
  spec: JobSpec,
  info: SourceInfo,
  pts: Float64Array,
  from: Plan['from'],
  workers: Workers,
): PlannedFrames => ({
  info,
  plan: planSegments(planRequest(spec, info.video, { pts, from, ...workers })),
});
