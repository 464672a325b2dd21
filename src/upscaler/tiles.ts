import type { Rect } from './picture.js';

export interface Tile {
  /** The tile with its context, in source pixels: what the network sees. */
  seen: Rect;
  /** The tile itself, in source pixels: what is kept of the network's output. */
  kept: Rect;
}

/**
 * Divides a picture as Real-ESRGAN's RealESRGANer does: a grid of square tiles from the top left, each with `pad` pixels of
 * context on every side; tile and context are clamped at the picture's edges.
 * @param tile edge in pixels; 0 for one tile.
 */
export function planTiles(width: number, height: number, tile: number, pad: number): Tile[] {
  const columns = spans(width, tile, pad);
  return spans(height, tile, pad).flatMap((row) =>
    columns.map((column) => ({
      seen: { x: column.seenFrom, y: row.seenFrom, width: column.seenTo - column.seenFrom, height: row.seenTo - row.seenFrom },
      kept: { x: column.from, y: row.from, width: column.to - column.from, height: row.to - row.from },
    })),
  );
}

function spans(size: number, tile: number, pad: number) {
  const step = tile === 0 ? size : tile;
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => {
    const from = i * step;
    const to = Math.min(from + step, size);
    return { from, to, seenFrom: Math.max(0, from - pad), seenTo: Math.min(size, to + pad) };
  });
}

const SMALLEST_TILE = 32;

/** The next tile to try after running out of memory: half as large and even; undefined when that would be too small. */
export function smallerTile(width: number, height: number, tile: number): number | undefined {
  const edge = Math.max(width, height);
  const half = 2 * Math.ceil((tile === 0 ? edge : Math.min(tile, edge)) / 4);
  return half < SMALLEST_TILE ? undefined : half;
}
