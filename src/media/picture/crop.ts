import type { CropWindow } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { UserError } from '../../lib/errors.js';
import { cropFilter } from './cropWindow.js';

type Video = SourceInfo['video'];

/** How a rectangle is written on the command line: `720x432+0+72`. */
export const formatWindow = ({ x, y, width, height }: CropWindow): string => `${width}x${height}+${x}+${y}`;

/** Luma samples that share one chroma sample, across and down. */
export function chromaStep(pixelFormat: string): [across: number, down: number] {
  const across = /41[01]/.test(pixelFormat)
    ? 4
    : /42[02]|nv1[26]|nv2[01]|p[02]\d\d|uyvy|yuyv/.test(pixelFormat)
      ? 2
      : 1;
  const down = /410/.test(pixelFormat) ? 4 : /4[24]0|nv12|nv21|p0\d\d/.test(pixelFormat) ? 2 : 1;
  return [across, down];
}

/**
 * @throws UserError of one line when a rectangle is not within the upright pictures, or begins between two chroma
 * samples.
 */
export function checkCrop(window: CropWindow, { width, height, pixelFormat }: Video): void {
  if (window.x + window.width > width || window.y + window.height > height) {
    throw new UserError(`--crop ${formatWindow(window)} is not within the picture, which is ${width}x${height}`);
  }
  const [across, down] = chromaStep(pixelFormat);
  const { x, y } = window;
  if (x % across === 0 && y % down === 0) return;
  const nearest = { ...window, x: x - (x % across), y: y - (y % down) };
  throw new UserError(
    `--crop ${formatWindow(window)} begins between the colour samples of ${pixelFormat}: ` +
      `choose ${formatWindow(nearest)}`,
  );
}

/**
 * What is known of a source of whose pictures only a part is used; whatever goes by a picture's size by custom, goes
 * by that of the whole.
 */
export function croppedInfo(info: SourceInfo, window: CropWindow | undefined): SourceInfo {
  if (!window) return info;
  const { width: frameWidth, height: frameHeight } = info.video;
  const { x, y, width, height } = window;
  return { ...info, video: { ...info.video, width, height, crop: { x, y, frameWidth, frameHeight } } };
}

/** The size of whole frames. */
export const frameSize = ({
  width,
  height,
  crop,
}: Pick<Video, 'width' | 'height' | 'crop'>): { width: number; height: number } =>
  crop ? { width: crop.frameWidth, height: crop.frameHeight } : { width, height };

/** Cuts pictures out of whole frames, in their own planes. */
export function cropFilters({ width, height, crop, color: { range } }: Video): string[] {
  if (!crop) return [];
  // Frames of another size, in mid-stream, are brought to the usual one first; of this size they pass as they are.
  return [
    `scale=w=${crop.frameWidth}:h=${crop.frameHeight}:in_range=${range}:out_range=${range}`,
    cropFilter({ x: crop.x, y: crop.y, width, height }),
  ];
}
