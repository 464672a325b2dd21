/** A rectangle of a picture, in its pixels. */
export interface Window {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Size {
  width: number;
  height: number;
}

/**
 * The filter that cuts a window out of pictures whose chroma is not subsampled, or of any others where its sides are
 * even.
 */
export const cropFilter = ({ x, y, width, height }: Window): string =>
  `crop=w=${width}:h=${height}:x=${x}:y=${y}:exact=1`;

/** The middle of a picture, at most `most` in size; its corner lies on multiples of `step`. */
export function centredWindow(picture: Size, most: Size, step: number): Window {
  const [width, height] = [Math.min(picture.width, most.width), Math.min(picture.height, most.height)];
  const middle = (whole: number, part: number): number => down((whole - part) / 2, step);
  return { x: middle(picture.width, width), y: middle(picture.height, height), width, height };
}

/**
 * A window with `pad` pixels or a little more of context on every side, its edges on multiples of `step` or at the
 * picture's own.
 */
export function withContext({ x, y, width, height }: Window, picture: Size, pad: number, step: number): Window {
  const left = down(Math.max(0, x - pad), step);
  const top = down(Math.max(0, y - pad), step);
  const right = Math.min(picture.width, -down(-(x + width + pad), step));
  const bottom = Math.min(picture.height, -down(-(y + height + pad), step));
  return { x: left, y: top, width: right - left, height: bottom - top };
}

export const scaled = ({ x, y, width, height }: Window, scale: number): Window => ({
  x: x * scale,
  y: y * scale,
  width: width * scale,
  height: height * scale,
});

const down = (value: number, step: number): number => Math.floor(value / step) * step;
