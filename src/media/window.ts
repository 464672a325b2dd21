/** A rectangle of a picture, in its pixels. */
export interface Window {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The filter that cuts a window out of pictures without subsampled chroma, or out of any where the window's sides are even. */
export const cropFilter = ({ x, y, width, height }: Window): string => `crop=w=${width}:h=${height}:x=${x}:y=${y}:exact=1`;
