import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { EncodeActivities } from '../../job/contracts.js';
import { framesIn, gapsIn, missingRanges, type Span } from '../../job/gaps.js';
import {
  commitPart,
  fileDigest,
  type Part,
  readChecked,
  sweepStrays,
  verifyParts,
  wholeParts,
} from '../../job/parts.js';
import type { Segment } from '../../job/plan.js';
import { randomName } from '../../lib/durable.js';
import { PartDamaged } from '../../lib/errors.js';
import { ignoreKnown } from '../../lib/systemErrors.js';
import { encodeFromParts, encodeFromSource } from '../../media/encode/encode.js';
import { toolVersions } from '../../media/ffmpeg/versions.js';
import type { FrameSource } from '../../media/picture/frameSource.js';
import { deliverableShape, resizeTo } from '../../media/picture/shape.js';
import { loadFrames, loadSegment } from '../../media/source/loadedJob.js';
import { requireFreeSpace } from '../disk.js';
import { makeFolder } from '../jobFiles.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';

export const encodeSegment =
  (deps: ActivityDeps): EncodeActivities['encodeSegment'] =>
  ({ from, segment: index, ...ref }) =>
    runActivity(deps, ref, async (job) => {
      const { plan, segment } = await loadSegment(job, from, index);
      const last = segment.startFrame + segment.frames;
      const folder = job.layout.encoded(from, index);
      await makeFolder(folder);
      const missing = await missingRanges(folder, segment, plan.encodePartFrames);
      const reused = segment.frames - framesIn(missing);
      job.begin({ segment: index, durableFrame: (missing[0]?.start ?? last) - segment.startFrame });
      if (missing.length === 0) return { reused };
      // What stays there only takes room; a disk that is away shows at the first part.
      await sweepStrays(folder).catch(ignoreKnown);

      const source = await loadFrames(job, from);
      const shape = deliverableShape(source.info.video, job.spec.method.scale, job.spec.picture);
      const mezzanine =
        job.spec.method.kind === 'filter'
          ? undefined
          : await openMezzanine(job.layout.planned(from).parts(index), segment, missing);
      for (const [i, range] of missing.entries()) {
        await requireFreeSpace(folder, deps.minFreeBytes);
        const file = `${randomName()}.mp4`;
        const target = {
          ...range,
          ...shape,
          info: source.info,
          encode: job.spec.encode,
          bitDepth: job.spec.picture.bitDepth,
          output: path.join(folder, file),
          signal: job.signal,
          onFrame: (frame: number) => {
            job.report({ frame: range.start - segment.startFrame + frame });
          },
        };
        await encodeRange(job, source, mezzanine, target).catch(async (error: unknown) => {
          await rm(target.output, { force: true });
          throw error;
        });
        const part: Part = {
          ...range,
          file,
          bytes: (await stat(target.output)).size,
          sha256: await fileDigest(target.output),
          tools: await toolVersions(),
        };
        // Lost to another attempt: its part holds the same frames, so this one goes on behind it.
        await commitPart(folder, part);
        job.report({ durableFrame: (missing[i + 1]?.start ?? last) - segment.startFrame });
      }
      return { reused };
    });

interface Mezzanine {
  folder: string;
  parts: Part[];
}

/**
 * A segment's upscaled parts. @throws PartDamaged when a frame that is still to be encoded has none: the segment goes
 * back to upscale.
 */
async function openMezzanine(
  folder: string,
  { startFrame, frames }: Segment,
  missing: readonly Span[],
): Promise<Mezzanine> {
  const parts = await wholeParts(folder, startFrame, startFrame + frames);
  const [gap] = gapsIn(missing, parts);
  if (gap) throw new PartDamaged(`upscaled frames are missing from ${gap.start} on; they are made again`);
  return { folder, parts };
}

type Target = Parameters<typeof encodeFromParts>[0] extends infer T ? Omit<T & object, 'parts'> : never;

async function encodeRange(
  job: Run,
  source: FrameSource,
  mezzanine: Mezzanine | undefined,
  target: Target,
): Promise<void> {
  const { method } = job.spec;
  if (method.kind === 'filter') {
    await encodeFromSource({
      ...target,
      source,
      method: { ...method, size: resizeTo(target, source.info.video, method.scale) },
    });
    return;
  }
  if (!mezzanine) throw new Error('a model needs upscaled parts');
  const parts = mezzanine.parts.filter((part) => part.start < target.end && part.end > target.start);
  const files = parts.map(({ file, start, end }) => ({ file: path.join(mezzanine.folder, file), start, end }));
  await readChecked(
    () => encodeFromParts({ ...target, parts: files }),
    () => verifyParts(mezzanine.folder, parts, job.signal),
    job.signal,
  );
}
