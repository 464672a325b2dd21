import { Runs } from './runs.js';
import { type FrameTable, median } from './table.js';

/**
 * Changes of brightness that the source does not have, in code values: told when above the first and above this many
 * times what is usual, wrong when above the last.
 */
const FLICKER = 1.5;
const TIMES_USUAL = 6;
const LARGE_FLICKER = 12;

/**
 * Frames whose brightness jumps where the source's does not.
 * @param wrong frames whose pictures are wrong already: changes from and to them are left out.
 */
export function flickerOf(table: FrameTable, wrong: ReadonlySet<number>): { small: Runs; large: Runs } {
  const level = table.column('level');
  const source = table.column('sourceLevel');
  const change = (values: Float32Array, frame: number): number =>
    (values[frame] as number) - (values[frame - 1] as number);
  const extra = level.map((_, frame) =>
    frame === 0 || wrong.has(frame) || wrong.has(frame - 1)
      ? 0
      : Math.abs(change(level, frame) - change(source, frame)),
  );
  const usual = median(extra);
  const small = new Runs();
  const large = new Runs();
  for (const [frame, value] of extra.entries()) {
    // A cut from dark to bright differs by as much as the contrast of the network does.
    const cut = frame === 0 ? 0 : Math.abs(change(source, frame)) / 5;
    if (value > LARGE_FLICKER + cut) large.add(frame);
    else if (value > Math.max(FLICKER, TIMES_USUAL * usual) + cut) small.add(frame);
  }
  return { small, large };
}
