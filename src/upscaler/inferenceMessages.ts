import type { Failure } from './failure.js';
import type { UpscaleModel } from './protocol.js';
import type { TileProgress } from './tiler.js';

/** What the upscaler's main thread and its inference thread say to each other. Buffers are moved, never copied. */
export interface Network {
  model: UpscaleModel;
  width: number;
  height: number;
}

export type ToInference =
  | { type: 'load'; network: Network }
  | { type: 'frame'; input: ArrayBuffer; output: ArrayBuffer };

/** Every request has one answer, in order: `loaded`, `frame`, or `failed`. */
export type FromInference =
  | { type: 'loaded' }
  | { type: 'frame'; stopped: boolean; input: ArrayBuffer; output: ArrayBuffer }
  | { type: 'failed'; failure: Failure }
  | ({ type: 'tile' } & TileProgress)
  | { type: 'notice'; message: string };

export interface InferenceThreadData {
  device: string;
  /** Its first element is 1 while frames are to be given up: a message would wait behind the frames that are queued. */
  stop: Int32Array;
}
