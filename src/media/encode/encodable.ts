import type { EncodeSpec } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';

interface Size {
  width: number;
  height: number;
}

/**
 * Sides that x264, x265 (whose own limit lies beyond what decoders promise) and SVT-AV1 take, in pixels. Those of
 * hardware are found by trying.
 */
const SIDES: Record<EncodeSpec['codec'], { least: number; width: number; height: number }> = {
  h264: { least: 2, width: 16_384, height: 16_384 },
  h265: { least: 16, width: 16_384, height: 16_384 },
  av1: { least: 64, width: 16_384, height: 8704 },
};

/** What libavutil takes for a picture that may be held: av_image_check_size. */
const tooLarge = ({ width, height }: Size): boolean => (8 * width + 1024) * (height + 128) >= 2 ** 31;

/** @throws UserError where no encoder of the codec takes pictures of that size; said before any work is done. */
export function requireEncodable({ codec }: Pick<EncodeSpec, 'codec'>, label: string, size: Size): void {
  const { width, height } = size;
  const most = SIDES[codec];
  if (width > most.width || height > most.height || tooLarge(size)) {
    throw new UserError(
      `the result would be ${width}x${height}, which is too large for ${label} ` +
        `(at most ${most.width}x${most.height}, and 268 million pixels): ` +
        'choose a smaller scale (-s), or bring it to a size with --target',
    );
  }
  if (width < most.least || height < most.least) {
    throw new UserError(
      `the result would be ${width}x${height}, which is too small for ${label} ` +
        `(at least ${most.least}x${most.least}): ` +
        `choose a larger scale (-s)${codec === 'h264' ? '' : ', or --codec h264'}`,
    );
  }
}

/**
 * @throws UserError where a network would make pictures that ffmpeg cannot hold, whatever they are then brought to.
 */
export function requireHeld(size: Size): void {
  if (tooLarge(size))
    throw new UserError(
      `the network would make pictures of ${size.width}x${size.height}, ` +
        'which is more than ffmpeg can hold (268 million pixels): choose a smaller scale (-s)',
    );
}
