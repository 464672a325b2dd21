/** Samples of 8 or 16 bits. */
export type Samples = Uint8Array | Uint16Array;

/** Planar pictures: one plane (luma) or three, one after another, without padding between lines. */
export interface Picture {
  data: Samples;
  width: number;
  height: number;
  planes: number;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A picture in a buffer that may be larger. */
export const pictureIn = (buffer: Samples, width: number, height: number, planes: number): Picture => ({
  data: buffer.subarray(0, planes * width * height),
  width,
  height,
  planes,
});

/** Copies a rectangle that lies inside of both pictures. */
export function copyRect(from: Picture, rect: Rect, to: Picture, toX: number, toY: number): void {
  for (let plane = 0; plane < from.planes; plane++) {
    for (let line = 0; line < rect.height; line++) {
      const source = (plane * from.height + rect.y + line) * from.width + rect.x;
      const target = (plane * to.height + toY + line) * to.width + toX;
      to.data.set(from.data.subarray(source, source + rect.width), target);
    }
  }
}

/**
 * Fills `to`, which is at least as large, with the picture and its reflection at the right and bottom; the edge itself
 * is not repeated.
 * @param first pixels that are reflected first; what `to` has beyond them is the reflection of the picture with them.
 */
export function reflectPad(from: Picture, to: Picture, first = 0): void {
  const reflected = (position: number, size: number): number => reflect(reflect(position, size + first), size);
  for (let plane = 0; plane < from.planes; plane++) {
    for (let y = 0; y < to.height; y++) {
      const source = (plane * from.height + reflected(y, from.height)) * from.width;
      const target = (plane * to.height + y) * to.width;
      to.data.set(from.data.subarray(source, source + from.width), target);
      for (let x = from.width; x < to.width; x++) {
        to.data[target + x] = from.data[source + reflected(x, from.width)] as number;
      }
    }
  }
}

function reflect(position: number, size: number): number {
  const period = Math.max(1, 2 * (size - 1));
  const folded = position % period;
  return folded < size ? folded : period - folded;
}
