import type { BitDepth } from '../../job/pictureSpec.js';
import type { EncodeSpec } from '../../job/spec.js';
import { type Rational, toNumber } from '../../lib/rational.js';

/**
 * H.264, table A-1: macroblocks in a frame and in a second at level 5.2, the highest that browsers and television sets
 * decode.
 */
const FRAME_52 = 36_864;
const SECOND_52 = 2_073_600;

/** What the user should know of a video that is above H.264 level 5.2; undefined of one that is not. */
export function levelWarning(
  { width, height }: { width: number; height: number },
  frameRate: Rational,
): string | undefined {
  const blocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  if (blocks <= FRAME_52 && blocks * toNumber(frameRate) <= SECOND_52) return undefined;
  return (
    `${width}x${height} at ${Number(toNumber(frameRate).toFixed(3))} frames a second ` +
    'is above H.264 level 5.2: browsers and most television sets do not play it, players on computers do; ' +
    'a smaller scale (-s) or --target stays below it, and --codec h265 has higher levels'
  );
}

/** What the user should know of 10 bits a sample in a codec; undefined where players that know the codec play them. */
export function depthWarning(codec: EncodeSpec['codec'], bitDepth: BitDepth): string | undefined {
  if (bitDepth === 8 || codec === 'av1') return undefined;
  if (codec === 'h264')
    return (
      '10-bit H.264: browsers, phones and television sets refuse it, players on computers play it; ' +
      '--codec h265 or av1 have 10 bits in their main profiles'
    );
  return (
    '10-bit H.265: browsers may refuse it, where the machine has no decoder for it in hardware; ' +
    'television sets and players play it'
  );
}
