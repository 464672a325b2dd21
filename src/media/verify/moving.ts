import { brightnessOf, type Plane, shrink } from './plane.js';

/** Side of the blocks whose means are compared, in pixels: grain is averaged away. */
const BLOCK = 4;
/**
 * A block has moved when its means differ by more than the first, in code values, and by so many times what is usual
 * between the two frames, or by more than nine in ten of them do: where all of a picture moves, much is usual.
 */
const MOVED = 2;
const TIMES_USUAL = 3;
const NINE_IN_TEN = 0.9;
/**
 * What smooths over time lags behind changes below the first (hqdn3d: up to some 6 code values). Where nothing changes
 * more, a picture is its neighbour only when it is that within this share of the change.
 */
const LAGGING = 8;
const LEFT = 0.12;
/** So many blocks, and this share of all, must have moved. */
const LEAST_BLOCKS = 6;
const LEAST_SHARE = 0.0005;

/**
 * How much a picture is its source's neighbouring frame where that really moved: 0 for its own frame, 1 for the
 * neighbour. What smooths over time takes grain and slow changes from the frames around, but leaves what moves.
 * @param output and all others: luma of the same size.
 * @returns undefined where too little moved to tell.
 */
export function shareWhereMoving(output: Plane, own: Plane, neighbour: Plane): number | undefined {
  const [o, a, b] = [shrink(output, BLOCK).data, shrink(own, BLOCK).data, shrink(neighbour, BLOCK).data];
  const { gain, offset } = brightnessOf(a, o);
  const change = b.map((value, i) => value - (a[i] as number));
  const sizes = Float32Array.from(change, Math.abs).sort();
  const unusual = Math.min(
    TIMES_USUAL * (sizes[sizes.length >> 1] ?? 0),
    sizes[Math.floor(NINE_IN_TEN * sizes.length)] ?? 0,
  );
  const along = (limit: number): { share: number; left: number } | undefined => {
    let [product, whole, left, blocks] = [0, 0, 0, 0];
    for (const [i, d] of change.entries()) {
      if (Math.abs(d) < limit) continue;
      const off = (o[i] as number) - gain * (a[i] as number) - offset;
      product += off * gain * d;
      whole += (gain * d) ** 2;
      left += (off - gain * d) ** 2;
      blocks++;
    }
    return blocks >= Math.max(LEAST_BLOCKS, LEAST_SHARE * change.length)
      ? { share: product / whole, left: left / whole }
      : undefined;
  };
  const fast = along(Math.max(LAGGING, unusual));
  if (fast) return fast.share;
  const slow = along(Math.max(MOVED, unusual));
  return slow && slow.left < LEFT ? slow.share : undefined;
}
