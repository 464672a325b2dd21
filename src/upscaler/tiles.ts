import type { Rect } from './picture.js';

export interface Tile {
  /** The tile with its context, in source pixels: what the network sees. */
  seen: Rect;
  /** The tile itself, in source pixels: what is kept of the network's output. */
  kept: Rect;
}

interface Span {
  from: number;
  to: number;
  seenFrom: number;
  seenTo: number;
}

/**
 * Divides a picture as Real-ESRGAN's RealESRGANer does: a grid of square tiles from the top left, each with `pad`
 * pixels of context on every side; tile and context are clamped at the picture's edges.
 * @param tile edge in pixels; 0 for one tile.
 */
export const planTiles = (width: number, height: number, tile: number, pad: number): Tile[] =>
  cross(spans(width, tile, pad), spans(height, tile, pad));

function spans(size: number, tile: number, pad: number): Span[] {
  const step = tile === 0 ? size : tile;
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => {
    const from = i * step;
    const to = Math.min(from + step, size);
    return { from, to, seenFrom: Math.max(0, from - pad), seenTo: Math.min(size, to + pad) };
  });
}

/**
 * Divides a picture for a network that takes one size only. Every window has that size; the last ones are shifted
 * inward, so that none leaves the picture. Each pixel is kept from a window in which it has `pad` pixels of context or
 * the picture's edge.
 * @param pad at most as much is given as leaves every window a pixel of its own.
 * @throws RangeError when the picture is smaller than the window.
 */
export function planWindows(
  width: number,
  height: number,
  window: { width: number; height: number },
  pad: number,
): Tile[] {
  return cross(shifted(width, window.width, pad), shifted(height, window.height, pad));
}

function shifted(size: number, window: number, wantedPad: number): Span[] {
  if (size < window) throw new RangeError(`a picture of ${size} pixels holds no window of ${window}`);
  const pad = Math.min(wantedPad, (window - 1) >> 1);
  const step = window - 2 * pad;
  const begins = Array.from({ length: Math.ceil((size - window) / step) + 1 }, (_, i) =>
    Math.min(i * step, size - window),
  );
  return begins.map((seenFrom, i) => ({
    seenFrom,
    seenTo: seenFrom + window,
    from: i === 0 ? 0 : seenFrom + pad,
    to: i === begins.length - 1 ? size : (begins[i + 1] as number) + pad,
  }));
}

function cross(columns: Span[], rows: Span[]): Tile[] {
  return rows.flatMap((row) =>
    columns.map((column) => ({
      seen: {
        x: column.seenFrom,
        y: row.seenFrom,
        width: column.seenTo - column.seenFrom,
        height: row.seenTo - row.seenFrom,
      },
      kept: { x: column.from, y: row.from, width: column.to - column.from, height: row.to - row.from },
    })),
  );
}

const SMALLEST_TILE = 32;

/**
 * The smallest tile to choose unasked, in pixels, a multiple of 32: the smaller tiles are, the more of a picture lies
 * near a seam, and deep networks see farther than their tiles overlap.
 * @param pad context on every side, in pixels.
 */
export const leastTile = (pad: number): number => Math.max(64, Math.ceil((pad * 8) / 3 / 32) * 32);

/**
 * The next tile to try after running out of memory: half as large; undefined when that would be too small.
 * @param step what tiles are multiples of.
 */
export function smallerTile(width: number, height: number, tile: number, step: number): number | undefined {
  const edge = Math.max(width, height);
  const before = tile === 0 ? edge : Math.min(tile, edge);
  const half = step * Math.ceil(before / (2 * step));
  return half < SMALLEST_TILE || half >= before ? undefined : half;
}
