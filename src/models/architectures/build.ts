import { UserError } from '../../lib/errors.js';
import type { StateDict } from '../torch/stateDict.js';
import type { Architecture } from './architecture.js';
import { NetworkBuilder } from './networkBuilder.js';
import { rrdbnet } from './rrdbnet.js';
import { srvgg } from './srvgg.js';
import { Weights } from './weights.js';

export interface Converted {
  /** Input `input` [1, 3, h, w], output `output` [1, 3, h*scale, w*scale]; float32, RGB in 0..1. */
  onnx: Uint8Array;
  /** Its name and sizes, as `RRDBNet, 23 blocks of 64 channels`. */
  architecture: string;
  scale: number;
  /** Source pixels around a pixel that its result depends on, or enough of them that no seam is seen. */
  radius: number;
  /** Learned numbers. */
  parameters: number;
  pixels: 'rgb';
}

const ARCHITECTURES: readonly Architecture[] = [rrdbnet, srvgg];

/**
 * Makes the ONNX network that a state dict belongs to. The same tensors always give the same bytes.
 * @throws UserError when it belongs to none, or has a tensor missing, left over or of a wrong shape.
 */
export function buildNetwork(state: StateDict): Converted {
  const weights = new Weights(state);
  const architecture = ARCHITECTURES.find(({ recognises }) => recognises(weights));
  if (!architecture)
    throw new UserError(
      `its tensors belong to no supported architecture: ${ARCHITECTURES.map(({ name }) => name).join(' and ')} are`,
    );
  const { name } = architecture;
  const net = new NetworkBuilder(weights);
  const { scale, radius, description } = architecture.build(net, weights);
  return {
    onnx: net.finish(name),
    architecture: `${name}, ${description}`,
    scale,
    radius,
    parameters: weights.parameters,
    pixels: 'rgb',
  };
}
