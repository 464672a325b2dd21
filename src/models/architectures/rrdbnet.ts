import { UserError } from '../../lib/errors.js';
import type { Architecture } from './architecture.js';
import type { NetworkBuilder } from './networkBuilder.js';
import { type Naming, namings } from './rrdbNames.js';
import type { Weights } from './weights.js';

const SLOPE = 0.2;
const RESIDUAL = 0.2;

/**
 * Source pixels that reach a pixel visibly in the x4 networks: the graph's own radius is hundreds, but with these of
 * overlap tiles of 128 pixels differ from the whole frame by less than one can see (55 dB and better,
 * tools/parity/seams.ts): 32 for Real-ESRGAN's 6 blocks, 48 for its 23. Before a pixel-unshuffle they are as many of
 * its blocks.
 */
const effectiveRadius = (blocks: number): number => (blocks <= 6 ? 32 : 48);

/** Factor of the pixel-unshuffle in front, by the channels that the first convolution reads. */
const UNSHUFFLES = new Map([
  [3, 1],
  [12, 2],
  [48, 4],
]);

/**
 * RRDBNet of ESRGAN and Real-ESRGAN: residual-in-residual dense blocks, then enlarged twice by nearest neighbours and
 * convolutions. The networks for x2 and x1 are the same behind a pixel-unshuffle.
 * https://github.com/XPixelGroup/BasicSR/blob/master/basicsr/archs/rrdbnet_arch.py
 */
export const rrdbnet: Architecture = {
  name: 'RRDBNet',
  recognises: (weights) => findNaming(weights) !== undefined,
  build(net, weights) {
    const naming = findNaming(weights) as Naming;
    const blocks = naming.blocks(weights.names());
    const [features = 0, inputs = 0] = weights.dims(`${naming.first}.weight`, 4);
    const [growth = 0] = weights.dims(`${naming.dense(0, 1, 1)}.weight`, 4);
    const unshuffle = UNSHUFFLES.get(inputs);
    if (unshuffle === undefined)
      throw new UserError(
        `its first convolution reads ${inputs} channels: only 3, or 12 and 48 behind a pixel-unshuffle, are supported`,
      );

    const first = net.conv(
      naming.first,
      unshuffle === 1 ? 'input' : net.pixelUnshuffle('input', 3, unshuffle),
      inputs,
      features,
    );
    let x = first;
    for (let block = 0; block < blocks; block++) x = residualBlock(net, naming, block, x, features, growth);
    x = net.add(first, net.conv(naming.trunk(blocks), x, features, features));
    for (const name of naming.upsamplings)
      x = net.leakyRelu(net.conv(name, net.nearest(x, 2), features, features), SLOPE);
    x = net.leakyRelu(net.conv(naming.high, x, features, features), SLOPE);
    net.conv(naming.last, x, features, 3);
    return {
      scale: 2 ** naming.upsamplings.length / unshuffle,
      radius: effectiveRadius(blocks) * unshuffle,
      description: `${blocks} blocks of ${features} channels`,
    };
  },
};

const findNaming = (weights: Weights): Naming | undefined => namings.find(({ blocks }) => blocks(weights.names()) > 0);

/** Three dense blocks of five convolutions, each of which reads everything before it. */
function residualBlock(
  net: NetworkBuilder,
  naming: Naming,
  block: number,
  input: string,
  features: number,
  growth: number,
): string {
  let x = input;
  for (const dense of [1, 2, 3]) {
    const made = [x];
    for (const k of [1, 2, 3, 4]) {
      made.push(
        net.leakyRelu(
          net.conv(naming.dense(block, dense, k), net.concat(made), features + (k - 1) * growth, growth),
          SLOPE,
        ),
      );
    }
    const last = net.conv(naming.dense(block, dense, 5), net.concat(made), features + 4 * growth, features);
    x = net.add(net.multiply(last, RESIDUAL), x);
  }
  return net.add(net.multiply(x, RESIDUAL), input);
}
