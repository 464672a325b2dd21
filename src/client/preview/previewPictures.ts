import path from 'node:path';
import type { Roots } from '../../job/layout.js';
import type { Method, ModelMethod } from '../../job/spec.js';
import { timed } from '../../lib/timed.js';
import { centredWindow, type Window, withContext } from '../../media/picture/cropWindow.js';
import type { FrameSource } from '../../media/picture/frameSource.js';
import type { Raster } from '../../media/picture/raster.js';
import { filterTile, partTile } from '../../media/preview/previewTiles.js';
import { createUpscaler } from '../../upscaler/client.js';
import { upscaleRequest } from '../../upscaler/upscaleRequest.js';

/** Corners of windows lie on even pixels, where 4:2:0 has its chroma. */
export const WINDOW_STEP = 2;
/** Least context in source pixels: as far as the conversions of colour look. */
const LEAST_CONTEXT = 32;
/** What is upscaled before anything is timed. */
const WARM_UP = { width: 32, height: 32 };

interface MethodPicture {
  picture: Raster;
  /** For the whole frame: of a filter as measured, of a model by the pixels of the window. */
  secondsPerFrame: number;
}

export interface PictureMaker {
  /**
   * @param frame a video of one frame. @param window what of it is wanted; pixels are those of a job over the whole
   * frame.
   */
  make(method: Method, frame: FrameSource, window: Window): Promise<MethodPicture>;
  close(): Promise<void>;
}

/**
 * Makes pictures as jobs make them, in this process and one upscaler. @param folder takes what lies between; the
 * caller removes it.
 */
export function pictureMaker({
  roots,
  device,
  folder,
  onNotice,
  signal,
}: {
  roots: Roots;
  device: string;
  folder: string;
  onNotice: (notice: string) => void;
  signal: AbortSignal;
}): PictureMaker {
  const upscaler = createUpscaler({ device });
  const warm = new Set<ModelMethod>();

  async function upscale(method: ModelMethod, source: FrameSource, seen: Window): Promise<string> {
    const parts: string[] = [];
    await upscaler.run(
      upscaleRequest({
        roots,
        method,
        source,
        start: 0,
        end: 1,
        folder,
        checkpointFrames: 1,
        checkpointSeconds: 60,
        window: seen,
      }),
      {
        onPart: ({ file }) => {
          parts.push(file);
          return Promise.resolve();
        },
        onProgress: () => undefined,
        onNotice,
      },
      { abort: signal },
    );
    return path.join(folder, parts[0] as string);
  }

  async function makeByModel(method: ModelMethod, source: FrameSource, window: Window): Promise<MethodPicture> {
    const { video } = source.info;
    // The first run loads the model.
    if (!warm.has(method)) await upscale(method, source, centredWindow(video, WARM_UP, WINDOW_STEP));
    warm.add(method);
    const seen = withContext(window, video, Math.max(method.tilePad, LEAST_CONTEXT), stepOf(method));
    const { value: part, seconds } = await timed(() => upscale(method, source, seen));
    const picture = await partTile(part, source.info, seen, window, method.scale, signal);
    return { picture, secondsPerFrame: seconds * ((video.width * video.height) / (seen.width * seen.height)) };
  }

  return {
    async make(method, frame, window) {
      if (method.kind === 'model') return makeByModel(method, frame, window);
      const { value: picture, seconds } = await timed(() => filterTile(frame, window, method, signal));
      return { picture, secondsPerFrame: seconds };
    },
    close: () => upscaler.close(),
  };
}

/** A network whose sizes must be multiples of a number does not treat all pixels within it alike. */
const stepOf = ({ alignment }: ModelMethod): number =>
  alignment % WINDOW_STEP === 0 ? alignment : alignment * WINDOW_STEP;
