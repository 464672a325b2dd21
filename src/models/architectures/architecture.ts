import type { NetworkBuilder } from './networkBuilder.js';
import type { Weights } from './weights.js';

/** A network whose sizes follow from the shapes of its tensors. */
export interface Architecture {
  name: string;
  recognises: (weights: Weights) => boolean;
  /** Appends the network. @throws UserError that names the first tensor that is missing or of a wrong shape. */
  build: (net: NetworkBuilder, weights: Weights) => { scale: number; radius: number; description: string };
}
