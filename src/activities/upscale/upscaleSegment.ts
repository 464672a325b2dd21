import { Context } from '@temporalio/activity';
import type { UpscaleActivities } from '../../job/contracts.js';
import { BEGUN_SIGNAL } from '../../job/following.js';
import { framesIn, gapsIn, missingRanges } from '../../job/gaps.js';
import { commitPart, type Part, sweepStrays, wholeParts } from '../../job/parts.js';
import type { Segment } from '../../job/plan.js';
import type { ModelMethod } from '../../job/spec.js';
import { ignoreKnown } from '../../lib/systemErrors.js';
import { toolVersions } from '../../media/ffmpeg/versions.js';
import { checkPts, type FrameSource } from '../../media/picture/frameSource.js';
import { deliverableShape, resizeTo } from '../../media/picture/shape.js';
import { loadFrames, loadSegment } from '../../media/source/loadedJob.js';
import type { Upscaler } from '../../upscaler/client.js';
import type { UpscaleRequest } from '../../upscaler/protocol.js';
import { upscaleRequest } from '../../upscaler/upscaleRequest.js';
import { requireFreeSpace } from '../disk.js';
import { makeFolder } from '../jobFiles.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';

/** Another attempt committed the frames at hand: this run stops and looks again at what is there. */
class Overtaken extends Error {}

export const upscaleSegment =
  (deps: ActivityDeps, upscaler: Upscaler): UpscaleActivities['upscaleSegment'] =>
  ({ from, segment: index, follow, ...ref }) =>
    runActivity(deps, ref, async (job) => {
      const { plan, segment } = await loadSegment(job, from, index);
      if (plan.from !== from) throw new Error('the plan belongs to another source');
      const last = segment.startFrame + segment.frames;
      // Of a segment that was encoded in part, with its upscaled frames removed, only the rest is needed.
      const needed = await missingRanges(job.layout.encoded(from, index), segment, plan.encodePartFrames);
      if (needed.length === 0) return { reused: segment.frames };

      const folder = job.layout.planned(from).parts(index);
      await makeFolder(folder);
      const source = await loadFrames(job, from);
      const found = await wholeParts(folder, segment.startFrame, last);
      let gaps = gapsIn(needed, found);
      const reused = segment.frames - framesIn(gaps);
      job.begin({ segment: index, durableFrame: (gaps[0]?.start ?? last) - segment.startFrame });
      const method = learned(job, found);
      const begun = follow === undefined ? () => undefined : tellOnce(index);
      if (found.length > 0) begun();
      // What stays there only takes room; a disk that is away shows at the first part.
      await sweepStrays(folder).catch(ignoreKnown);
      let fps = 0;
      const onSpeed = (now: number): void => {
        fps = now;
      };
      for (let gap = gaps[0]; gap; gap = gaps[0]) {
        await requireFreeSpace(folder, deps.minFreeBytes);
        try {
          await upscaleRange(deps, upscaler, { job, method, source, segment, folder, follow, begun, onSpeed, ...gap });
        } catch (error) {
          if (!(error instanceof Overtaken)) throw error;
        }
        job.signal.throwIfAborted();
        gaps = gapsIn(needed, await wholeParts(folder, segment.startFrame, last));
      }
      return { reused, ...(fps > 0 && { fps }) };
    });

/** Tells the workflow that an encode can follow. Where that fails, the encode begins behind the upscale. */
function tellOnce(segment: number): () => void {
  const { client, info } = Context.current();
  let told = false;
  return () => {
    if (told) return;
    told = true;
    const { workflowId = '' } = info.workflowExecution ?? {};
    client.workflow
      .getHandle(workflowId)
      .signal(BEGUN_SIGNAL, segment)
      .catch(() => undefined);
  };
}

interface Range {
  job: Run;
  method: ModelMethod;
  source: FrameSource;
  segment: Segment;
  folder: string;
  /** Frames in a part at most, where an encode follows. */
  follow: number | undefined;
  /** To be called when a part is durable. */
  begun: () => void;
  /** To be called with the frames a second of the device. */
  onSpeed: (fps: number) => void;
  /** Frames over the whole video, half-open. */
  start: number;
  end: number;
}

async function upscaleRange(deps: ActivityDeps, upscaler: Upscaler, range: Range): Promise<void> {
  const { job, method, source, segment, folder, begun, onSpeed } = range;
  const tools = { ...(await toolVersions()), ...upscaler.versions(method) };
  await upscaler.run(
    requestFor(deps, range),
    {
      onPart: async ({ file, start, end, bytes, sha256, pts, precision }) => {
        checkPts(source, start, pts);
        const part: Part = { start, end, file, bytes, sha256, model: method.digest, precision, tools };
        if (!(await commitPart(folder, part))) throw new Overtaken();
        begun();
        job.report({ durableFrame: end - segment.startFrame });
        await requireFreeSpace(folder, deps.minFreeBytes);
      },
      onProgress: ({ frame, fps, tile, precision }) => {
        onSpeed(fps);
        job.report({ frame: frame - segment.startFrame, fps, tile, precision });
      },
      onNotice: (notice) => {
        job.report({ notice });
      },
    },
    { flush: job.signal },
  );
}

/**
 * The job's method with what earlier attempts found out: a tile that fits, and that fewer bits than fp32 fail, stay
 * for the segment.
 */
function learned({ spec, previous }: Run, found: Part[]): ModelMethod {
  const method = spec.method as ModelMethod;
  const smaller = previous?.tile;
  const tile =
    smaller !== undefined && smaller > 0 && (method.tile === 0 || smaller < method.tile) ? smaller : method.tile;
  const failed = previous?.precision === 'fp32' || found.some(({ precision }) => precision === 'fp32');
  return { ...method, tile, precision: failed ? 'fp32' : method.precision };
}

function requestFor(
  deps: ActivityDeps,
  { job, method, source, folder, follow = Infinity, start, end }: Range,
): UpscaleRequest {
  return upscaleRequest({
    roots: deps.roots,
    method,
    source,
    bitDepth: job.spec.picture.bitDepth,
    start,
    end,
    folder,
    checkpointFrames: Math.min(job.spec.checkpointFrames, follow),
    checkpointSeconds: deps.checkpointSeconds,
    resize: resizeTo(
      deliverableShape(source.info.video, method.scale, job.spec.picture),
      source.info.video,
      method.scale,
    ),
  });
}
