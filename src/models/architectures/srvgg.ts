import { UserError } from '../../lib/errors.js';
import type { Architecture } from './architecture.js';

/**
 * SRVGGNetCompact: convolutions of one width with a PReLU behind each, a pixel shuffle, and the input, enlarged,
 * added. https://github.com/xinntao/Real-ESRGAN/blob/master/realesrgan/archs/srvgg_arch.py
 *
 * `body.0` is the first convolution, `body.1` its PReLU, and so on; the last convolution has none.
 */
export const srvgg: Architecture = {
  name: 'SRVGGNetCompact',
  recognises: (weights) => weights.has('body.0.weight') && weights.has('body.1.weight'),
  build(net, weights) {
    const last = weights
      .names()
      .reduce((most, name) => Math.max(most, Number(/^body\.(\d{1,4})\.weight$/.exec(name)?.[1] ?? 0)), 0);
    const [features = 0] = weights.dims('body.0.weight', 4);
    const [outputs = 0] = weights.dims(`body.${last}.weight`, 4);
    const scale = Math.sqrt(outputs / 3);
    if (!Number.isInteger(scale) || scale < 1)
      throw new UserError(`its last convolution makes ${outputs} channels, which is no whole scale of RGB`);

    let x = 'input';
    for (let i = 0; i < last; i += 2) {
      x = net.prelu(`body.${i + 1}`, net.conv(`body.${i}`, x, i === 0 ? 3 : features, features), features);
    }
    x = net.conv(`body.${last}`, x, features, outputs);
    net.add(net.pixelShuffle(x, scale), net.nearest('input', scale));
    const convolutions = last / 2 + 1;
    return { scale, radius: convolutions, description: `${convolutions - 2} convolutions of ${features} channels` };
  },
};
