import path from 'node:path';
import { type Roots, resolveRooted } from '../job/layout.js';
import type { BitDepth } from '../job/pictureSpec.js';
import type { ModelMethod } from '../job/spec.js';
import { decodeToPlanarArgs, formatFor, mezzanineArgs } from '../media/intermediate/networkFrames.js';
import type { Size, Window } from '../media/picture/cropWindow.js';
import type { FrameSource } from '../media/picture/frameSource.js';
import { residualFor } from '../media/picture/outOfGamut.js';
import type { UpscaleRequest } from './protocol.js';

export interface FramesToUpscale {
  roots: Roots;
  method: ModelMethod;
  source: FrameSource;
  /** Of the parts. Default: 8. */
  bitDepth?: BitDepth;
  /** Frames over the whole video, half-open. */
  start: number;
  end: number;
  /** Takes the parts; must exist. */
  folder: string;
  checkpointFrames: number;
  checkpointSeconds: number;
  /** Of every picture only this is upscaled. Default: all of it. */
  window?: Window;
  /** What the enlarged pictures are brought to; even sides. Default: they stay as large as they are. */
  resize?: Size | undefined;
}

/** What the upscaler is asked for, so that everyone who shows or keeps a job's pictures gets the same ones. */
export function upscaleRequest({
  roots,
  method,
  source,
  bitDepth,
  start,
  end,
  folder,
  checkpointFrames,
  checkpointSeconds,
  window,
  resize,
}: FramesToUpscale): UpscaleRequest {
  const { width, height } = window ?? source.info.video;
  const { digest, scale, tile, tilePad, prePad, precision, provider, pixels, alignment, fixed, blend } = method;
  const residual = method.outOfGamut === 'carried' ? residualFor(source.info, scale, resize !== undefined) : undefined;
  const format = { ...formatFor(source.info, pixels, bitDepth), residual };
  return {
    model: {
      file: resolveRooted(roots, method.file),
      digest,
      scale,
      tile,
      tilePad,
      prePad,
      precision,
      ...(provider && { provider }),
      pixels,
      alignment,
      ...(fixed && { fixed }),
      blend,
    },
    width,
    height,
    bitDepth: format.bitDepth,
    ...(residual && { residual: true }),
    decodeArgs: decodeToPlanarArgs(source, start, end, format, window),
    encodeArgs: mezzanineArgs(source.info, format, { width, height }, scale, bitDepth, resize),
    firstFrame: start,
    frames: end - start,
    partFolder: path.resolve(folder),
    partExtension: 'nut',
    checkpointFrames,
    checkpointSeconds,
  };
}
