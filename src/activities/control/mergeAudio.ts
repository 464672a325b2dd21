import { chmod, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ControlActivities } from '../../job/contracts.js';
import { soundBytes } from '../../job/diskEstimate.js';
import { hiddenPrefix, removeHidden } from '../../job/hidden.js';
import { fileDigest, readChecked } from '../../job/parts.js';
import { type FileRecord, mergedSchema, videoRecordSchema } from '../../job/records.js';
import { flush, putAside, randomName, readKept, readRemakable, replaceKept } from '../../lib/durable.js';
import { PartDamaged } from '../../lib/errors.js';
import type { Rational } from '../../lib/rational.js';
import { publicMode } from '../../lib/umask.js';
import { depthWarning, levelWarning } from '../../media/encode/level.js';
import { mergeAudio as merge } from '../../media/merge/merge.js';
import { constantRate, sameMillisecond } from '../../media/picture/cfrTimeline.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { usedInfo } from '../../media/source/examine.js';
import { dynamicWarning } from '../../media/source/hdr.js';
import { loadCut, loadDelivered, loadPictures, loadScan, loadTimeline } from '../../media/source/loadedJob.js';
import { requireRoom } from '../disk.js';
import { wholeFile } from '../jobFiles.js';
import { type ActivityDeps, type Run, runActivity } from '../runActivity.js';

/**
 * The silent video and everything else that the source has, in a hidden file in the output's own folder, so that
 * publishing is one link.
 */
export const mergeAudio =
  (deps: ActivityDeps): ControlActivities['mergeAudio'] =>
  ({ from, ...ref }) =>
    runActivity(deps, ref, async (job) => {
      const { layout, spec, output, signal, report } = job;
      const folder = path.dirname(output);
      // A record of an earlier release does not say enough: it is made again.
      const known = await readKept(layout.merged, mergedSchema).catch(putAside);
      if (known && (await wholeFile(folder, known))) return { warnings: known.warnings };
      const video = await readRemakable(layout.video, videoRecordSchema);
      if (!video) throw new PartDamaged('the joined video is missing; it is made again');
      await removeHidden(folder, spec);
      const { info } = await loadScan(job);
      await requireRoom(folder, video.bytes + soundBytes(usedInfo(info, spec.picture)));
      const file = `${hiddenPrefix(spec)}${randomName()}.${spec.delivery.container}`;
      const target = path.join(folder, file);
      const seconds = ({ num, den }: Rational, ticks: number): number => (ticks * num) / den;
      const { firstPts, timebase } = await loadTimeline(job, from);
      const delivered = await loadDelivered(job, from);
      const pictures = (await loadPictures(job)).video;
      const told = [
        spec.encode.codec === 'h264'
          ? levelWarning(deliverableShape(pictures, spec.method.scale, spec.picture), pictures.frameRate)
          : undefined,
        depthWarning(spec.encode.codec, spec.picture.bitDepth),
        dynamicWarning(info),
      ];
      if (spec.delivery.container === 'mkv') told.push(sameMillisecond(delivered));
      const request = {
        ...spec.delivery,
        video: path.join(layout.job, video.file),
        source: job.input,
        info,
        firstPts: seconds(timebase, firstPts),
        cut: await loadCut(job, from),
        reorderSeconds: video.reorderSeconds,
        lastDuration: seconds(delivered.timebase, delivered.lastDuration),
        constantRate: constantRate(delivered),
        output: target,
        signal,
        onProgress: ({ frame }: { frame: number }) => {
          report({ frame });
        },
      };
      try {
        const { warnings: mergeWarnings, contents } = await readChecked(
          () => merge(request),
          () => checkVideo(job, video),
          signal,
        );
        await chmod(target, publicMode());
        await flush(target);
        const warnings = [...mergeWarnings, ...told.filter((line) => line !== undefined)];
        const record = {
          file,
          bytes: (await stat(target)).size,
          sha256: await fileDigest(target, signal),
          warnings,
          contents,
        };
        await replaceKept(layout.merged, record);
        return { warnings };
      } catch (error) {
        await rm(target, { force: true });
        throw error;
      }
    });

/** @throws PartDamaged after removing the joined video, whose bytes are others than those that were written. */
async function checkVideo({ layout, signal }: Run, { file, sha256 }: FileRecord): Promise<void> {
  if ((await fileDigest(path.join(layout.job, file), signal)) === sha256) return;
  await rm(layout.video, { force: true });
  await rm(path.join(layout.job, file), { force: true });
  throw new PartDamaged('the joined video was changed on the disk; it is made again');
}
