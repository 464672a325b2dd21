import { z } from 'zod';
import type { Roots } from '../../job/layout.js';
import type { ModelMethod } from '../../job/spec.js';
import { timed } from '../../lib/timed.js';
import { centredWindow, type Window } from '../../media/picture/cropWindow.js';
import type { FrameSource } from '../../media/picture/frameSource.js';
import { createUpscaler, type Upscaler } from '../../upscaler/client.js';
import { upscaleRequest } from '../../upscaler/upscaleRequest.js';

export const upscaleSpeedSchema = z.object({ secondsPerPixel: z.number().positive() });
export type UpscaleSpeed = z.infer<typeof upscaleSpeedSchema>;

/** What is upscaled first, to see how much can be upscaled in the time. */
const FIRST = { width: 64, height: 64 };
const FIRST_FRAMES = 3;
const BUDGET_SECONDS = 4;
/** Corners lie where 4:2:0 has its chroma. */
const STEP = 2;

export interface UpscaleToMeasure {
  roots: Roots;
  method: ModelMethod;
  device: string;
  folder: string;
  signal: AbortSignal | undefined;
}

/**
 * Upscales real frames as the job would, through an upscaler process on the device: whole ones where the time allows
 * it, else as much of their middle as it does.
 * @returns seconds for each source pixel that the network sees.
 */
export async function measureUpscale(source: FrameSource, job: UpscaleToMeasure): Promise<UpscaleSpeed> {
  const upscaler = createUpscaler({ device: job.device });
  try {
    const small = windowOf(source, job.method, FIRST);
    const trial = await secondsOfEach(upscaler, source, small, Math.min(FIRST_FRAMES, source.pts.length), job);
    const { window, frames } = affordable(source, job.method, (BUDGET_SECONDS * pixelsOf(small)) / trial);
    return { secondsPerPixel: (await secondsOfEach(upscaler, source, window, frames, job)) / pixelsOf(window) };
  } finally {
    await upscaler.close();
  }
}

/** Of one frame without the start, which takes the same time for one and for several. */
async function secondsOfEach(
  upscaler: Upscaler,
  source: FrameSource,
  window: Window,
  frames: number,
  job: UpscaleToMeasure,
): Promise<number> {
  // The network is loaded, and made ready for this size.
  await run(upscaler, source, window, 1, job);
  const one = await run(upscaler, source, window, 1, job);
  if (frames === 1) return one;
  const all = await run(upscaler, source, window, frames, job);
  return all > one ? (all - one) / (frames - 1) : all / frames;
}

/** What can be upscaled in the time: whole frames, or the middle of two. @param pixels that can. */
function affordable(source: FrameSource, method: ModelMethod, pixels: number): { window: Window; frames: number } {
  const { width, height } = source.info.video;
  const whole = width * height;
  const most = source.pts.length;
  const tile = method.tile || Math.max(width, height);
  // Tiles are seen with their context, which a window of one tile has not.
  const largest = { width: Math.min(width, tile), height: Math.min(height, tile) };
  const share = Math.min(1, Math.sqrt(pixels / 3 / (largest.width * largest.height)));
  const even = (edge: number, least: number): number =>
    Math.max(Math.min(edge, least), 2 * Math.floor((edge * share) / 2));
  const window = method.fixed
    ? windowOf(source, method, method.fixed)
    : windowOf(source, method, {
        width: even(largest.width, FIRST.width),
        height: even(largest.height, FIRST.height),
      });
  return { window, frames: Math.max(1, Math.min(most, Math.floor(pixels / Math.min(whole, pixelsOf(window))))) };
}

/** The middle of a frame; of a network of one size, as much as that. */
const windowOf = ({ info }: FrameSource, { fixed }: ModelMethod, most: { width: number; height: number }): Window =>
  centredWindow(
    info.video,
    fixed ? { width: Math.max(fixed.width, most.width), height: Math.max(fixed.height, most.height) } : most,
    STEP,
  );

const pixelsOf = ({ width, height }: Window): number => width * height;

async function run(
  upscaler: Upscaler,
  source: FrameSource,
  window: Window,
  frames: number,
  { roots, method, folder, signal }: UpscaleToMeasure,
): Promise<number> {
  const request = upscaleRequest({
    roots,
    method,
    source,
    start: 0,
    end: frames,
    folder,
    checkpointFrames: frames,
    checkpointSeconds: 600,
    window,
  });
  const { seconds } = await timed(() =>
    upscaler.run(
      request,
      { onPart: () => Promise.resolve(), onProgress: () => undefined, onNotice: () => undefined },
      { abort: signal },
    ),
  );
  return seconds;
}
