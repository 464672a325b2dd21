import type { TestState } from '../../support/torch.js';
import type { CompactSizes, DenseSizes } from '../networks.js';
import { at, convolve, fill, type Planes, planes, prelu, resize, shuffle } from '../planes.js';

/** The published architectures as plain loops, after their PyTorch modules. */

const conv = (state: TestState, name: string, x: Planes): Planes => {
  const { dims, values } = state[`${name}.weight`]!;
  return convolve(x, dims[0]!, 3, 1, values, state[`${name}.bias`]!.values);
};
const lrelu = (x: Planes): Planes => prelu(x, [0.2]);
const plus = (a: Planes, b: Planes, factor = 1): Planes =>
  fill(planes(b.c, b.h, b.w), (c, i, j) => at(a, c, i, j) * factor + at(b, c, i, j));
const concat = (all: Planes[]): Planes => ({
  ...all[0]!,
  c: all.reduce((sum, p) => sum + p.c, 0),
  data: Float64Array.from(all.flatMap((p) => [...p.data])),
});

/** https://github.com/xinntao/Real-ESRGAN/blob/master/realesrgan/archs/srvgg_arch.py */
export function runCompact(state: TestState, { convolutions, scale }: CompactSizes, input: Planes): Planes {
  let x = input;
  for (let i = 0; i <= convolutions; i++)
    x = prelu(conv(state, `body.${2 * i}`, x), state[`body.${2 * i + 1}.weight`]!.values);
  x = shuffle(conv(state, `body.${2 * convolutions + 2}`, x), scale, 0);
  return plus(resize(input, 1, scale, scale), x);
}

/** torch.nn.functional.pixel_unshuffle. */
const unshuffle = (x: Planes, r: number): Planes =>
  fill(planes(x.c * r * r, x.h / r, x.w / r), (k, i, j) =>
    at(x, Math.floor(k / (r * r)), i * r + (Math.floor(k / r) % r), j * r + (k % r)),
  );

/** https://github.com/XPixelGroup/BasicSR/blob/master/basicsr/archs/rrdbnet_arch.py */
export function runDense(state: TestState, { blocks, inputs }: DenseSizes, input: Planes): Planes {
  const first = conv(state, 'conv_first', unshuffle(input, Math.sqrt(inputs / 3)));
  let x = first;
  for (let b = 0; b < blocks; b++) {
    let inner = x;
    for (const d of [1, 2, 3]) {
      const made = [inner];
      for (const k of [1, 2, 3, 4]) made.push(lrelu(conv(state, `body.${b}.rdb${d}.conv${k}`, concat(made))));
      inner = plus(conv(state, `body.${b}.rdb${d}.conv5`, concat(made)), inner, 0.2);
    }
    x = plus(inner, x, 0.2);
  }
  x = plus(first, conv(state, 'conv_body', x));
  for (const name of ['conv_up1', 'conv_up2']) x = lrelu(conv(state, name, resize(x, 1, 2, 2)));
  return conv(state, 'conv_last', lrelu(conv(state, 'conv_hr', x)));
}
