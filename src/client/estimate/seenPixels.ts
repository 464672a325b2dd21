import type { ModelMethod } from '../../job/spec.js';
import { planTiles, planWindows } from '../../upscaler/tiles.js';

/**
 * Source pixels that a network is shown of one frame: with tiles more than the frame has, since each comes with its
 * context.
 */
export function seenPixels(
  { tile, tilePad, prePad, fixed }: ModelMethod,
  video: { width: number; height: number },
): number {
  const [width, height] = [video.width + prePad, video.height + prePad];
  const tiles = fixed
    ? planWindows(Math.max(width, fixed.width), Math.max(height, fixed.height), fixed, tilePad)
    : planTiles(width, height, tile, tilePad);
  return tiles.reduce((sum, { seen }) => sum + seen.width * seen.height, 0);
}
