import type { PictureSpec } from '../../job/pictureSpec.js';
import { clipOf, originOf } from '../../job/range.js';
import type { SourceInfo } from '../../job/source.js';
import { encodeTimeline } from '../../job/timeline.js';
import { UserError } from '../../lib/errors.js';
import { shown } from '../../lib/printable.js';
import { readPackets } from '../ffmpeg/packets.js';
import { chaptersWithin, ofProgram } from '../merge/planContents.js';
import { packetsWithin, type Trim } from '../merge/trimTracks.js';
import { cropFilters } from '../picture/crop.js';
import { usedInfo } from '../source/examine.js';
import { type FileContents, readContents } from '../source/fileContents.js';
import { repairFor } from '../source/repair.js';

/** That of a source which another video should show. */
export interface UsedSource {
  info: SourceInfo;
  /** Leave only that of its decoded pictures. */
  filters: string[];
  /** What is taken of its sound; undefined for all. */
  cut: Trim | undefined;
  contents: FileContents;
}

/** @throws UserError of one line where the part cannot be found. */
export async function usedSource(
  file: string,
  whole: SourceInfo,
  part: Pick<PictureSpec, 'range' | 'crop'>,
  signal?: AbortSignal,
): Promise<UsedSource> {
  const { range } = part;
  const info = usedInfo(whole, part);
  const filters = cropFilters(info.video);
  const contents = ofProgram(await readContents(file, signal), whole.program);
  if (!range) return { info, filters, cut: undefined, contents };
  const { pts, lastDuration, withoutPts } = await readPackets(file, whole, { signal });
  if (withoutPts > 0)
    throw new UserError(
      `--from and --to cannot be found in ${shown(file)}: ${withoutPts} of its frames have no timestamps`,
    );
  const repair = repairFor(whole);
  pts.forEach((time) => {
    repair.push(time);
  });
  const {
    timeline: { firstPts },
    around: { nextPts },
    cut,
  } = clipOf(encodeTimeline(repair.pts, whole.video.timebase, lastDuration), range, originOf(whole));
  const within = await packetsWithin(file, cut, signal);
  return {
    info,
    filters: [...filters, `trim=start_pts=${firstPts}${nextPts === undefined ? '' : `:end_pts=${nextPts}`}`],
    cut,
    contents: {
      ...contents,
      streams: contents.streams.filter(({ index }) => within.has(index)),
      chapters: chaptersWithin(contents, -Infinity, cut),
    },
  };
}
