import type { Precision } from '../runtime/devices.js';
import type { Failure } from './failure.js';
import type { UpscaleRequest } from './protocol.js';
import type { TileProgress } from './tiler.js';

/** What the upscaler's main thread and its inference thread say to each other. Buffers are moved, never copied. */
export type NetworkRequest = Pick<UpscaleRequest, 'model' | 'bitDepth' | 'width' | 'height'>;

/**
 * How far a frame is, and what the network computes in. The last tile of a frame is told once the frame was found
 * sound.
 */
export interface InferenceProgress extends TileProgress {
  precision: Precision;
}

export type ToInference =
  | { type: 'load'; network: NetworkRequest }
  | { type: 'frame'; input: ArrayBuffer; output: ArrayBuffer };

/** Every request has one answer, in order: `loaded`, `frame`, or `failed`. */
export type FromInference =
  | { type: 'loaded' }
  | { type: 'frame'; stopped: boolean; precision: Precision; input: ArrayBuffer; output: ArrayBuffer }
  | { type: 'failed'; failure: Failure }
  | ({ type: 'tile' } & InferenceProgress)
  | { type: 'notice'; message: string };

export interface InferenceThreadData {
  device: string;
  /**
   * Its first element is 1 while frames are to be given up: a message would wait behind the frames that are queued.
   */
  stop: Int32Array;
}
