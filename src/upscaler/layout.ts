import type { Samples } from './picture.js';
import type { UpscaleRequest } from './protocol.js';

/** How the pictures of a request lie in their buffers. */
export interface Layout {
  /** Planes that the network sees and gives. */
  planes: 1 | 3;
  bitDepth: 8 | 16;
  /**
   * Size of a decoded picture. Behind what the network sees lie, of a luma network, the chroma planes; else what is
   * carried around the network, where something is.
   */
  inputBytes: number;
  /** The part of a decoded picture that the network sees. */
  seenBytes: number;
  outputBytes: number;
  /** The part of a decoded picture that the encoder gets beside the result, if any. */
  side?: { from: number; to: number };
}

export function layoutOf({
  model,
  bitDepth,
  width,
  height,
  residual,
}: Pick<UpscaleRequest, 'model' | 'bitDepth' | 'width' | 'height' | 'residual'>): Layout {
  const planes = model.pixels === 'rgb' ? 3 : 1;
  const seen = planes * width * height;
  const chroma = model.pixels === 'rgb' ? 0 : 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
  const bytes = bitDepth / 8;
  const input = (seen + chroma + (residual ? 3 * width * height : 0)) * bytes;
  // The encoder of a luma network gets whole pictures.
  const side =
    model.pixels === 'luma' ? { from: 0, to: input } : residual ? { from: seen * bytes, to: input } : undefined;
  return {
    planes,
    bitDepth,
    inputBytes: input,
    seenBytes: seen * bytes,
    outputBytes: seen * model.scale ** 2 * bytes,
    ...(side && { side }),
  };
}

/** 16-bit samples are little-endian, as all machines are that this runs on. */
export const samplesOf = (buffer: ArrayBuffer, bytes: number, bitDepth: 8 | 16): Samples =>
  bitDepth === 8 ? new Uint8Array(buffer, 0, bytes) : new Uint16Array(buffer, 0, bytes / 2);
