import type { PictureSpec } from '../../job/pictureSpec.js';
import { clipInfo } from '../../job/range.js';
import type { SourceInfo, SourceScan } from '../../job/source.js';
import type { Timeline } from '../../job/timeline.js';
import { croppedInfo, formatWindow } from '../picture/crop.js';
import { describeFields } from '../picture/deinterlace.js';
import { detectFields, forceFields } from './interlace.js';
import { type ScanOptions, scanSource } from './scan.js';
import { describeShapes } from './shapes.js';

/**
 * Reads the packets and looks at samples of the pictures: how frames can be reached, and what is to be done to
 * pictures before they are enlarged.
 * @returns as {@link scanSource}.
 */
export async function examineSource(
  file: string,
  info: SourceInfo,
  { deinterlace }: PictureSpec,
  options: ScanOptions = {},
): Promise<{ scan: SourceScan; timeline: Timeline | undefined }> {
  const { scan, timeline, fieldOrder } = await scanSource(file, info, options);
  if (deinterlace === 'off') return { scan, timeline };
  const reading = {
    double: deinterlace === 'double' || deinterlace === 'always-double',
    signal: options.signal,
    onFrame: options.onPackets,
  };
  const fields = deinterlace.startsWith('always')
    ? await forceFields(file, info, { ...reading, said: fieldOrder })
    : await detectFields(file, info, { ...reading, flagged: fieldOrder !== undefined });
  if (!fields) return { scan, timeline };
  return {
    scan: { ...scan, fields, seekable: false, reason: scan.reason ?? 'the pictures are interlaced' },
    timeline: undefined,
  };
}

/** What is known of that of a source which is used. */
export const usedInfo = (info: SourceInfo, { crop, range }: Pick<PictureSpec, 'crop' | 'range'>): SourceInfo =>
  clipInfo(croppedInfo(info, crop), range);

/** What is known of the pictures that are enlarged: the source's, after all that is done to them before. */
export function picturesOf({ info, fields }: SourceScan, picture: PictureSpec): SourceInfo {
  const used = usedInfo(info, picture);
  if (fields?.remedy !== 'double') return used;
  const { num, den } = info.video.frameRate;
  return { ...used, video: { ...used.video, frameRate: { num: 2 * num, den } } };
}

/** What the report says about that, a line each. */
export const pictureNotices = (
  { info, fields, rateAssumed, shapes }: SourceScan,
  { crop }: Pick<PictureSpec, 'crop'> = {},
): string[] => [
  ...(info.video.alpha
    ? ['the source has transparency, which is dropped: transparent places show the colours that are stored there']
    : []),
  ...(rateAssumed ? ['the stream names no rate: 25 frames a second are taken for it'] : []),
  ...(fields ? [describeFields(fields)] : []),
  ...(shapes ? [describeShapes(shapes)] : []),
  ...(crop?.found
    ? [`black borders were cut off: ${formatWindow(crop)} of ${info.video.width}x${info.video.height} is used`]
    : []),
];
