/** Planar pictures: three planes of 8 bit samples, one after another, without padding between lines. */
export interface Picture {
  data: Uint8Array;
  width: number;
  height: number;
}

export const PLANES = 3;
export const pictureBytes = (width: number, height: number): number => PLANES * width * height;

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Copies a rectangle that lies inside of both pictures. */
export function copyRect(from: Picture, rect: Rect, to: Picture, toX: number, toY: number): void {
  for (let plane = 0; plane < PLANES; plane++) {
    for (let line = 0; line < rect.height; line++) {
      const source = (plane * from.height + rect.y + line) * from.width + rect.x;
      const target = (plane * to.height + toY + line) * to.width + toX;
      to.data.set(from.data.subarray(source, source + rect.width), target);
    }
  }
}

/** Fills `to`, which is at least as large, with the picture and its reflection at the right and bottom; the edge itself is not repeated. */
export function reflectPad(from: Picture, to: Picture): void {
  for (let plane = 0; plane < PLANES; plane++) {
    for (let y = 0; y < to.height; y++) {
      const source = (plane * from.height + reflect(y, from.height)) * from.width;
      const target = (plane * to.height + y) * to.width;
      to.data.set(from.data.subarray(source, source + from.width), target);
      for (let x = from.width; x < to.width; x++) {
        to.data[target + x] = from.data[source + reflect(x, from.width)] as number;
      }
    }
  }
}

function reflect(position: number, size: number): number {
  const period = Math.max(1, 2 * (size - 1));
  const folded = position % period;
  return folded < size ? folded : period - folded;
}

export function mean(samples: Uint8Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample;
  return sum / samples.length;
}

/** True when no sample of any plane is above 1. */
export const isBlack = (samples: Uint8Array): boolean => samples.every((sample) => sample <= 1);
