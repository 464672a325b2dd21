import { Raster } from '../../src/media/raster.js';
import type { Window } from '../../src/media/window.js';

/** A piece of a picture. */
export function crop(picture: Raster, { x, y, width, height }: Window): Raster {
  const piece = new Raster(width, height);
  piece.draw(picture, -x, -y);
  return piece;
}
