import type { AttributeValue } from './build.js';

/** Resize as networks enlarge within themselves: every pixel becomes a block. */
export const NEAREST: Record<string, AttributeValue> = {
  mode: 'nearest',
  coordinate_transformation_mode: 'asymmetric',
  nearest_mode: 'floor',
};

/**
 * SpaceToDepth puts the channels of one place in a block next to each other; PyTorch's pixel_unshuffle puts the places
 * of one channel next to each other.
 * @returns for each channel of the latter, its number in the former.
 */
export function unshuffleOrder(channels: number, factor: number): number[] {
  const places = factor ** 2;
  return Array.from({ length: channels * places }, (_, k) => (k % places) * channels + Math.floor(k / places));
}
