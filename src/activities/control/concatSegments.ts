import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ControlActivities, From } from '../../job/contracts.js';
import { fileDigest, findParts, type Part, readChecked, verifyParts } from '../../job/parts.js';
import { videoRecordSchema } from '../../job/records.js';
import { flush, randomName, readRemakable, replaceJson } from '../../lib/durable.js';
import { PartDamaged } from '../../lib/errors.js';
import { concatParts } from '../../media/encode/concat.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { loadDelivered, loadPictures, loadPlan } from '../../media/source/loadedJob.js';
import { requireFreeSpace } from '../disk.js';
import { wholeFile } from '../jobFiles.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';

/** Joins all encoded parts into one silent video under the source's timestamps. */
export const concatSegments =
  (deps: ActivityDeps): ControlActivities['concatSegments'] =>
  ({ from, ...ref }) =>
    runActivity(deps, ref, async (job) => {
      const { layout, signal } = job;
      const known = await readRemakable(layout.video, videoRecordSchema);
      if (known && (await wholeFile(layout.job, known))) return;
      await requireFreeSpace(layout.job, deps.minFreeBytes);
      const segments = await encodedParts(job, from);
      const parts = segments.flatMap(({ folder, parts }) => parts.map(({ file }) => path.join(folder, file)));
      const file = `${randomName()}.mp4`;
      const output = path.join(layout.job, file);
      const { sampleAspectRatio } = deliverableShape(
        (await loadPictures(job)).video,
        job.spec.method.scale,
        job.spec.picture,
      );
      const delivered = await loadDelivered(job, from);
      const join = () => concatParts({ ...delivered, sampleAspectRatio, parts, output, signal });
      const { reorderSeconds } = await readChecked(join, () => verifySegments(job, segments), signal).catch(
        async (error: unknown) => {
          await rm(output, { force: true });
          throw error;
        },
      );
      await flush(output);
      await replaceJson(layout.video, {
        file,
        bytes: (await stat(output)).size,
        sha256: await fileDigest(output, signal),
        reorderSeconds,
      });
    });

/** The parts of a segment, in order and without a gap. */
interface EncodedSegment {
  folder: string;
  parts: Part[];
}

/** Every segment, in order. @throws PartDamaged when a part is missing. */
async function encodedParts({ layout, ...job }: Run, from: From): Promise<EncodedSegment[]> {
  const segments: EncodedSegment[] = [];
  for (const segment of (await loadPlan({ layout, ...job }, from)).segments) {
    const folder = layout.encoded(from, segment.index);
    const end = segment.startFrame + segment.frames;
    const parts = await findParts(folder, segment.startFrame, end);
    if (parts.at(-1)?.end !== end)
      throw new PartDamaged(`encoded frames are missing in segment ${segment.index + 1}; they are made again`);
    segments.push({ folder, parts });
  }
  return segments;
}

/**
 * Reads every part again. @throws PartDamaged when one was changed, after all were looked at: one more pass makes all
 * of them again.
 */
async function verifySegments({ signal, report }: Run, segments: readonly EncodedSegment[]): Promise<void> {
  let damaged: PartDamaged | undefined;
  for (const { folder, parts } of segments) {
    await verifyParts(folder, parts, signal).catch((error: unknown) => {
      if (!(error instanceof PartDamaged)) throw error;
      damaged ??= error;
    });
    report({ frame: parts.at(-1)?.end ?? 0 });
  }
  if (damaged) throw damaged;
}
