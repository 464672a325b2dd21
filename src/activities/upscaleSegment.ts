import type { UpscaleActivities } from '../job/contracts.js';
import { commitPart, endOfGap, findParts, sweepStrays, type Part } from '../job/parts.js';
import type { Segment } from '../job/plan.js';
import type { ModelMethod } from '../job/spec.js';
import { checkPts, type FrameSource } from '../media/frames.js';
import { toolVersions } from '../media/versions.js';
import type { Upscaler } from '../upscaler/client.js';
import type { UpscaleRequest } from '../upscaler/protocol.js';
import { countAttempt } from './attempts.js';
import { runActivity, type ActivityDeps, type Run } from './context.js';
import { requireFreeSpace } from './disk.js';
import { makeFolder } from './files.js';
import { loadFrames, loadSegment } from './job.js';
import { upscaleRequest } from './upscaleRequest.js';

/** Another attempt committed the frames at hand: this run stops and looks again at what is there. */
class Overtaken extends Error {}

export const upscaleSegment = (deps: ActivityDeps, upscaler: Upscaler): UpscaleActivities['upscaleSegment'] => ({ from, segment: index, ...ref }) =>
  runActivity(deps, ref, async (job) => {
    const { plan, segment } = await loadSegment(job, from, index);
    if (plan.from !== from) throw new Error('the plan belongs to another source');
    const last = segment.startFrame + segment.frames;
    const encoded = await findParts(job.layout.encoded(from, index), segment.startFrame, last);
    if (encoded.at(-1)?.end === last) return { reused: segment.frames };

    const folder = job.layout.planned(from).parts(index);
    await makeFolder(folder);
    const source = await loadFrames(job, from);
    const found = await findParts(folder, segment.startFrame, last);
    let next = found.at(-1)?.end ?? segment.startFrame;
    const reused = next - segment.startFrame;
    countAttempt(job, segment, next);
    await sweepStrays(folder, found).catch(() => undefined);
    while (next < last) {
      await requireFreeSpace(folder, deps.minFreeBytes);
      try {
        await upscaleRange(deps, upscaler, { job, source, segment, folder, start: next, end: await endOfGap(folder, next, last) });
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
      }
      job.signal.throwIfAborted();
      next = (await findParts(folder, segment.startFrame, last)).at(-1)?.end ?? segment.startFrame;
    }
    return { reused };
  });

interface Range {
  job: Run;
  source: FrameSource;
  segment: Segment;
  folder: string;
  /** Frames over the whole video, half-open. */
  start: number;
  end: number;
}

async function upscaleRange(deps: ActivityDeps, upscaler: Upscaler, range: Range): Promise<void> {
  const { job, source, segment, folder } = range;
  const method = job.spec.method as ModelMethod;
  const tools = { ...(await toolVersions()), ...upscaler.versions };
  await upscaler.run(requestFor(deps, range, method), {
    onPart: async ({ file, start, end, bytes, sha256, pts }) => {
      checkPts(source, start, pts);
      const part: Part = { start, end, file, bytes, sha256, model: method.digest, tools };
      if (!(await commitPart(folder, part))) throw new Overtaken();
      job.report({ durableFrame: end - segment.startFrame });
      await requireFreeSpace(folder, deps.minFreeBytes);
    },
    onProgress: ({ frame, fps, tile }) => { job.report({ frame: frame - segment.startFrame, fps, tile }); },
    onNotice: (notice) => { job.report({ notice }); },
  }, { flush: job.signal });
}

function requestFor(deps: ActivityDeps, { job, source, folder, start, end }: Range, method: ModelMethod): UpscaleRequest {
  const smaller = job.previous?.tile;
  // A tile that an earlier attempt found to fit stays for the segment.
  const tile = smaller !== undefined && smaller > 0 && (method.tile === 0 || smaller < method.tile) ? smaller : method.tile;
  return upscaleRequest({
    roots: deps.roots,
    method: { ...method, tile },
    source,
    start,
    end,
    folder,
    checkpointFrames: job.spec.checkpointFrames,
    checkpointSeconds: deps.checkpointSeconds,
  });
}
