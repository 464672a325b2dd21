import type { Precision } from '../runtime/devices.js';
import type { InferenceProgress, NetworkRequest } from './inferenceMessages.js';

export interface InferenceEvents {
  onTile: (progress: InferenceProgress) => void;
  onNotice: (message: string) => void;
}

/** The network of a device, which is kept between runs. */
export interface FrameInference {
  /** Frames that are worked on at the same time. */
  readonly inFlight: number;
  /** Makes a model ready for frames of a size. @throws UserError and WorldError of `loadSession`. */
  load(network: NetworkRequest): Promise<void>;
  /** Whoever listened before listens no more. */
  listen(events: InferenceEvents): void;
  /**
   * Upscales a frame. May be called again before it is done; frames are done in order. Nobody else touches the buffers
   * until they come back with the result.
   * @throws UserError when the model gives no picture or does not fit into memory.
   */
  infer(input: ArrayBuffer, output: ArrayBuffer): Promise<InferredFrame>;
  /** Gives up the frame at hand, and all that wait behind it, until the next `load`. */
  stop(): void;
}

export interface InferredFrame {
  /** True when the frame was given up after `stop`. */
  stopped: boolean;
  /** What the network computed it in. */
  precision: Precision;
  input: ArrayBuffer;
  output: ArrayBuffer;
}
