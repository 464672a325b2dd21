import type { PictureSpec } from '../../job/pictureSpec.js';
import { framesWithin, originOf, type Range } from '../../job/range.js';
import type { SourceInfo } from '../../job/source.js';
import { UserError } from '../../lib/errors.js';
import { shown } from '../../lib/printable.js';
import { toNumber } from '../../lib/rational.js';
import { readPackets } from '../../media/ffmpeg/packets.js';
import { checkCrop, formatWindow } from '../../media/picture/crop.js';
import { detectCrop } from '../../media/source/detectCrop.js';
import type { PictureFlags, UsedPart } from './pictureFlags.js';
import { formatTime } from './timeText.js';

/** Containers round their lengths, in seconds. */
const ROUNDING = 0.001;

/**
 * Looks at a file to find what of it is meant.
 * @returns a line for the user too, where black borders were looked for.
 * @throws UserError of one line for a part or a rectangle that the source does not have.
 */
export async function resolvePart(
  file: string,
  info: SourceInfo,
  { from, to, crop }: Pick<PictureFlags, 'from' | 'to' | 'crop'>,
): Promise<UsedPart & { note?: string }> {
  const range = rangeOf({ from, to });
  if (range) await checkRange(file, info, range);
  return { ...(range && { range }), ...(await resolveCrop(file, info, crop)) };
}

/** The part that flags mean; none where it is the whole video. */
export function rangeOf({ from, to }: Pick<PictureFlags, 'from' | 'to'>): Range | undefined {
  const range = { ...(from !== undefined && from > 0 && { from }), ...(to !== undefined && { to }) };
  return Object.keys(range).length > 0 ? range : undefined;
}

/** @throws UserError of one line when the rectangle is not one of the source's pictures. */
export async function resolveCrop(
  file: string,
  info: SourceInfo,
  wanted: PictureFlags['crop'],
  signal?: AbortSignal,
): Promise<{ crop?: PictureSpec['crop']; note?: string }> {
  if (wanted === undefined) return {};
  if (wanted !== 'auto') {
    checkCrop(wanted, info.video);
    return { crop: wanted };
  }
  const crop = await detectCrop(file, info, signal);
  if (!crop) return { note: '--crop auto: no black borders found, nothing is cut off' };
  return {
    crop: { ...crop, found: true },
    note: `--crop auto: ${formatWindow(crop)} of ${info.video.width}x${info.video.height} is used, the rest is black`,
  };
}

async function checkRange(file: string, info: SourceInfo, range: Range): Promise<void> {
  const { pts, lastDuration, withoutPts } = await readPackets(file, info, {});
  const { timebase } = info.video;
  const origin = originOf(info);
  const end = ((pts.at(-1) ?? 0) + lastDuration) * toNumber(timebase) - origin;
  const length = Math.max(info.durationSeconds ?? 0, end);
  for (const [flag, time] of [
    ['--from', range.from],
    ['--to', range.to],
  ] as const) {
    if (time !== undefined && time > length + ROUNDING)
      throw new UserError(`${flag} ${formatTime(time)} is beyond the end: ${shown(file)} lasts ${formatTime(length)}`);
  }
  // Without timestamps only a decode tells when frames are shown.
  if (withoutPts === 0) framesWithin(range, { pts, timebase, origin });
}
