import type { SourceInfo } from '../../job/source.js';
import { deliverableColor, toPlanarRgb } from '../picture/color.js';
import { cropFilters } from '../picture/crop.js';
import { cropFilter, scaled, type Window } from '../picture/cropWindow.js';
import { deliverableSize, enlargeFilters } from '../picture/deliverable.js';
import { type FrameSource, inputFrom } from '../picture/frameSource.js';
import { type Raster, readRaster } from '../picture/raster.js';

/*
 * The cells of a preview: a window of one picture as the source has it, or as a job would make it. What a job makes is
 * read from the deliverable's 4:2:0, before H.264, and all cells are turned into RGB in the same way.
 */

/** A window of the source's own picture. @param source a video of one frame. */
export const sourceTile = ({ file, info }: FrameSource, window: Window, signal?: AbortSignal): Promise<Raster> =>
  readRaster(
    inputFrom(file, 0, undefined),
    [...cropFilters(info.video), ...toPlanarRgb(info.video), cropFilter(window)],
    window,
    signal,
  );

/** The same window of the picture that a filter enlarged. @param source a video of one frame. */
export function filterTile(
  { file, info }: FrameSource,
  window: Window,
  method: { name: 'bicubic' | 'lanczos'; scale: number },
  signal?: AbortSignal,
): Promise<Raster> {
  const shown = scaled(window, method.scale);
  const filters = [
    ...cropFilters(info.video),
    ...enlargeFilters(info, method),
    ...shownFilters(info, info.video, method.scale),
    cropFilter(shown),
  ];
  return readRaster(inputFrom(file, 0, undefined), filters, shown, signal);
}

/**
 * The same window out of an upscaled part of one frame.
 * @param seen what of the source was upscaled; holds the window.
 */
export function partTile(
  file: string,
  info: SourceInfo,
  seen: Window,
  window: Window,
  scale: number,
  signal?: AbortSignal,
): Promise<Raster> {
  const inside = scaled({ ...window, x: window.x - seen.x, y: window.y - seen.y }, scale);
  return readRaster(
    inputFrom(file, 0, undefined),
    [...shownFilters(info, seen, scale), cropFilter(inside)],
    inside,
    signal,
  );
}

/** From the deliverable's pixels to planar RGB. */
function shownFilters(info: SourceInfo, source: { width: number; height: number }, scale: number): string[] {
  return toPlanarRgb({
    ...info.video,
    ...deliverableSize(source, scale),
    pixelFormat: 'yuv420p',
    bitDepth: 8,
    color: deliverableColor(info),
  });
}
