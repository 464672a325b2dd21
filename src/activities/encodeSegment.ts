import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { EncodeActivities } from '../job/contracts.js';
import { randomName } from '../job/durable.js';
import { PartDamaged } from '../job/errors.js';
import { commitPart, fileDigest, findParts, sweepStrays, verifyParts, type Part } from '../job/parts.js';
import { encodeRanges } from '../job/plan.js';
import { encodeFromParts, encodeFromSource } from '../media/encode.js';
import type { FrameSource } from '../media/frames.js';
import { deliverableShape, resizeTo } from '../media/shape.js';
import { toolVersions } from '../media/versions.js';
import { countAttempt } from './attempts.js';
import { runActivity, type ActivityDeps, type Run } from './context.js';
import { requireFreeSpace } from './disk.js';
import { makeFolder } from './files.js';
import { loadFrames, loadSegment } from './job.js';

export const encodeSegment = (deps: ActivityDeps): EncodeActivities['encodeSegment'] => ({ from, segment: index, ...ref }) =>
  runActivity(deps, ref, async (job) => {
    const { plan, segment } = await loadSegment(job, from, index);
    const last = segment.startFrame + segment.frames;
    const folder = job.layout.encoded(from, index);
    await makeFolder(folder);
    const found = await findParts(folder, segment.startFrame, last);
    let next = found.at(-1)?.end ?? segment.startFrame;
    const reused = next - segment.startFrame;
    countAttempt(job, segment, next);
    if (next === last) return { reused };
    await sweepStrays(folder, found).catch(() => undefined);

    const source = await loadFrames(job, from);
    const shape = deliverableShape(source.info.video, job.spec.method.scale, job.spec.picture);
    const mezzanine = job.spec.method.kind === 'filter' ? undefined : await openMezzanine(job.layout.planned(from).parts(index), segment.startFrame, last);
    for (const range of encodeRanges(segment, plan.encodePartFrames)) {
      if (range.start < next) continue;
      await requireFreeSpace(folder, deps.minFreeBytes);
      const file = `${randomName()}.mp4`;
      const target = { ...range, ...shape, info: source.info, encode: job.spec.encode, bitDepth: job.spec.picture.bitDepth, output: path.join(folder, file), signal: job.signal,
        onFrame: (frame: number) => { job.report({ frame: range.start - segment.startFrame + frame }); } };
      await encodeRange(job, source, mezzanine, target);
      const part: Part = { ...range, file, bytes: (await stat(target.output)).size, sha256: await fileDigest(target.output), tools: await toolVersions() };
      // Lost to another attempt: its part holds the same frames, so this one goes on behind it.
      await commitPart(folder, part);
      next = range.end;
      job.report({ durableFrame: next - segment.startFrame });
    }
    return { reused };
  });

interface Mezzanine {
  folder: string;
  parts: Part[];
  verified: Set<Part>;
}

/** The upscaled parts of the whole segment. @throws PartDamaged when one is missing: the segment goes back to upscale. */
async function openMezzanine(folder: string, start: number, end: number): Promise<Mezzanine> {
  const parts = await findParts(folder, start, end);
  if (parts.at(-1)?.end !== end) throw new PartDamaged(`upscaled frames are missing from ${parts.at(-1)?.end ?? start} on; they are made again`);
  return { folder, parts, verified: new Set() };
}

type Target = Parameters<typeof encodeFromParts>[0] extends infer T ? Omit<T & object, 'parts'> : never;

async function encodeRange(job: Run, source: FrameSource, mezzanine: Mezzanine | undefined, target: Target): Promise<void> {
  const { method } = job.spec;
  if (method.kind === 'filter') {
    await encodeFromSource({ ...target, source, method: { ...method, size: resizeTo(target, source.info.video, method.scale) } });
    return;
  }
  if (!mezzanine) throw new Error('a model needs upscaled parts');
  const parts = mezzanine.parts.filter((part) => part.start < target.end && part.end > target.start);
  const unread = parts.filter((part) => !mezzanine.verified.has(part));
  await verifyParts(mezzanine.folder, unread, job.signal);
  unread.forEach((part) => mezzanine.verified.add(part));
  await encodeFromParts({ ...target, parts: parts.map(({ file, start, end }) => ({ file: path.join(mezzanine.folder, file), start, end })) });
}
