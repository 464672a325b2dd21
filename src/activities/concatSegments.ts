import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ControlActivities, From } from '../job/contracts.js';
import { flush, randomName, readRemakable, replaceJson } from '../job/durable.js';
import { PartDamaged } from '../job/errors.js';
import { fileDigest, findParts, verifyParts } from '../job/parts.js';
import { videoRecordSchema } from '../job/records.js';
import { concatParts } from '../media/concat.js';
import { deliverableShape } from '../media/shape.js';
import { runActivity, type ActivityDeps, type Run } from './context.js';
import { requireFreeSpace } from './disk.js';
import { wholeFile } from './files.js';
import { loadDelivered, loadPlan, loadPictures } from './job.js';

/** Joins all encoded parts into one silent video under the source's timestamps. */
export const concatSegments = (deps: ActivityDeps): ControlActivities['concatSegments'] => ({ from, ...ref }) =>
  runActivity(deps, ref, async (job) => {
    const { layout, signal } = job;
    const known = await readRemakable(layout.video, videoRecordSchema);
    if (known && (await wholeFile(layout.job, known))) return;
    await requireFreeSpace(layout.job, deps.minFreeBytes);
    const parts = await encodedParts(job, from);
    const file = `${randomName()}.mp4`;
    const output = path.join(layout.job, file);
    const { reorderSeconds } = await concatParts({ ...(await loadDelivered(job, from)), sampleAspectRatio: deliverableShape((await loadPictures(job)).video, job.spec.method.scale, job.spec.picture).sampleAspectRatio, parts, output, signal });
    await flush(output);
    await replaceJson(layout.video, { file, bytes: (await stat(output)).size, sha256: await fileDigest(output, signal), reorderSeconds });
  });

/** Every part of every segment, in order and read again. @throws PartDamaged when one is missing or was changed. */
async function encodedParts({ layout, signal, report, ...job }: Run, from: From): Promise<string[]> {
  const files: string[] = [];
  for (const segment of (await loadPlan({ layout, ...job }, from)).segments) {
    const folder = layout.encoded(from, segment.index);
    const end = segment.startFrame + segment.frames;
    const parts = await findParts(folder, segment.startFrame, end);
    if (parts.at(-1)?.end !== end) throw new PartDamaged(`encoded frames are missing in segment ${segment.index + 1}; they are made again`);
    await verifyParts(folder, parts, signal);
    report({ frame: end });
    files.push(...parts.map((part) => path.join(folder, part.file)));
  }
  return files;
}
