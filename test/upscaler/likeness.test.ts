import { expect, it } from 'vitest';
import { requireLikeness } from '../../src/upscaler/likeness.js';
import type { Picture } from '../../src/upscaler/picture.js';
import type { UpscaleModel } from '../../src/upscaler/protocol.js';
import type { FrameNet } from '../../src/upscaler/tiler.js';

const model = { scale: 1, alignment: 1 } as UpscaleModel;
const seen: { width: number; height: number }[] = [];

/** A network that changes samples one by one. */
const net = (change: (sample: number, at: number, all: Picture) => number, nan = false): FrameNet => ({
  run(input, output) {
    seen.push({ width: input.width, height: input.height });
    for (let i = 0; i < input.data.length; i++) output.data[i] = change(input.data[i] as number, i, input);
    return Promise.resolve({ nan });
  },
});
const same = net((sample) => sample);
/** On a device of that name. */
const on = (tried: FrameNet) => ({ name: 'openvino:cpu', net: tried });
const like = { data: new Uint8Array(1), planes: 3 };

it('pictures that hardly differ are alike, in 8 and 16 bits', async () => {
  await requireLikeness(same, on(same), model, like);
  await requireLikeness(same, on(net((sample, i) => sample + (i % 3) - 1)), model, like);
  await requireLikeness(same, on(net((sample, i) => sample + 300 * (i % 3))), model, {
    data: new Uint16Array(1),
    planes: 1,
  });
});

it('planes that changed places are refused, and so is one wrong plane', async () => {
  const rotated = net((_, i, { data }) => data[(i + data.length / 3) % data.length] as number);
  await expect(requireLikeness(same, on(rotated), model, like)).rejects.toThrow(
    /^openvino:cpu makes other pictures with this model than the CPU \(plane 0: \d+\.\d dB\): use --device cpu$/,
  );
  const lastPlane = net((sample, i, { data }) => (i < (data.length * 2) / 3 ? sample : 255 - sample));
  await expect(requireLikeness(same, on(lastPlane), model, like)).rejects.toThrow('plane 2');
});

it('what gives no numbers is left to the first frame', async () => {
  await requireLikeness(same, on(net(() => 0, true)), model, like);
});

it('the picture has the size that the network takes', async () => {
  seen.length = 0;
  await requireLikeness(same, on(same), { ...model, alignment: 20 }, like);
  await requireLikeness(same, on(same), { ...model, fixed: { width: 30, height: 70 } }, like);
  expect(seen).toEqual([40, 40, 30, 30].map((width, i) => ({ width, height: i < 2 ? 40 : 70 })));
});
