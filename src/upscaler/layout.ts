import type { UpscaleRequest } from './protocol.js';
import type { Samples } from './picture.js';

/** How the pictures of a request lie in their buffers. */
export interface Layout {
  /** Planes that the network sees and gives. */
  planes: 1 | 3;
  bitDepth: 8 | 16;
  /** Size of a decoded picture; of a luma network its chroma planes lie behind the plane that the network sees. */
  inputBytes: number;
  /** The part of a decoded picture that the network sees. */
  seenBytes: number;
  outputBytes: number;
}

export function layoutOf({ model, bitDepth, width, height }: Pick<UpscaleRequest, 'model' | 'bitDepth' | 'width' | 'height'>): Layout {
  const planes = model.pixels === 'rgb' ? 3 : 1;
  const seen = planes * width * height;
  const chroma = model.pixels === 'rgb' ? 0 : 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
  const bytes = bitDepth / 8;
  return { planes, bitDepth, inputBytes: (seen + chroma) * bytes, seenBytes: seen * bytes, outputBytes: seen * model.scale ** 2 * bytes };
}

/** 16-bit samples are little-endian, as all machines are that this runs on. */
export const samplesOf = (buffer: ArrayBuffer, bytes: number, bitDepth: 8 | 16): Samples =>
  bitDepth === 8 ? new Uint8Array(buffer, 0, bytes) : new Uint16Array(buffer, 0, bytes / 2);
