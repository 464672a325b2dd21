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
import { encodeFollowing } from '../../media/encode/encodeFollowing.js';
import { toolVersions } from '../../media/ffmpeg/versions.js';
import type { FrameSource } from '../../media/picture/frameSource.js';
import { deliverableShape, resizeTo } from '../../media/picture/shape.js';
import { loadFrames, loadSegment } from '../../media/source/loadedJob.js';
import { requireFreeSpace } from '../disk.js';
import { makeFolder } from '../jobFiles.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';
import { partsAsTheyCome, Unfinished } from './partsAsTheyCome.js';

export const encodeSegment =
  (deps: ActivityDeps): EncodeActivities['encodeSegment'] =>
  ({ from, segment: index, follow, ...ref }) =>
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
          : await openMezzanine(job.layout.planned(from).parts(index), segment, follow ? [] : missing);
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
        try {
          await encodeRange(deps, job, source, mezzanine, target);
        } catch (error) {
          await rm(target.output, { force: true });
          if (error instanceof Unfinished) return { reused, unfinished: true };
          throw error;
        }
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
  segment: Segment;
  parts: Part[];
}

/**
 * A segment's upscaled parts. @param missing what must be there. @throws PartDamaged when a frame of it has none: the
 * segment goes back to upscale.
 */
async function openMezzanine(folder: string, segment: Segment, missing: readonly Span[]): Promise<Mezzanine> {
  const { startFrame, frames } = segment;
  const parts = await wholeParts(folder, startFrame, startFrame + frames);
  const [gap] = gapsIn(missing, parts);
  if (gap) throw new PartDamaged(`upscaled frames are missing from ${gap.start} on; they are made again`);
  return { folder, segment, parts };
}

type Target = Parameters<typeof encodeFromParts>[0] extends infer T ? Omit<T & object, 'parts'> : never;

async function encodeRange(
  deps: ActivityDeps,
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
  if (gapsIn([target], mezzanine.parts).length > 0) {
    await encodeBehind(deps, job, mezzanine, target);
    return;
  }
  const parts = mezzanine.parts.filter((part) => part.start < target.end && part.end > target.start);
  const files = parts.map(({ file, start, end }) => ({ file: path.join(mezzanine.folder, file), start, end }));
  await readChecked(
    () => encodeFromParts({ ...target, parts: files }),
    () => verifyParts(mezzanine.folder, parts, job.signal),
    job.signal,
  );
}

/** Longer than a part's own time, since its commit and its digest take some too. */
const PATIENCE_SECONDS = 15;

/** Encodes behind an upscale that is at work. @throws Unfinished where that does not get on. */
async function encodeBehind(
  deps: ActivityDeps,
  { signal }: Run,
  { folder, segment }: Mezzanine,
  target: Target,
): Promise<void> {
  const used: Part[] = [];
  const patience = 1000 * (deps.checkpointSeconds + PATIENCE_SECONDS);
  async function* parts(signal: AbortSignal) {
    for await (const part of partsAsTheyCome({ folder, segment, range: target, patience, signal })) {
      used.push(part);
      yield { ...part, file: path.join(folder, part.file) };
    }
  }
  await readChecked(
    () => encodeFollowing({ ...target, parts }),
    () => verifyParts(folder, used, signal),
    signal,
  );
}
