import type { Window } from '../../src/media/picture/cropWindow.js';
import { Raster, readRaster } from '../../src/media/picture/raster.js';

/** A piece of a picture. */
export function crop(picture: Raster, { x, y, width, height }: Window): Raster {
  const piece = new Raster(width, height);
  piece.draw(picture, -x, -y);
  return piece;
}

/** @throws when the file is no PNG of this size. */
export const readPng = (file: string, size: { width: number; height: number }): Promise<Raster> =>
  readRaster(['-f', 'png_pipe', '-i', `file:${file}`, '-map', '0:v:0'], ['null'], size);

/** The largest difference between two pictures of one size, in code values. */
export function apart(a: Raster, b: Raster): number {
  if (a.width !== b.width || a.height !== b.height) throw new RangeError('the pictures differ in size');
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.data[i] as number))), 0);
}

export const same = (a: Raster, b: Raster): boolean => a.width === b.width && Buffer.from(a.data).equals(b.data);
