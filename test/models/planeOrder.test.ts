import { expect, it } from 'vitest';
import { floats, model, node, value } from '../../src/models/onnx/build.js';
import {
  decodeModel,
  encodeModel,
  FLOAT,
  type Node,
  type OnnxModel,
  type Tensor,
} from '../../src/models/onnx/schema.js';
import { reorderPlanes } from '../../src/models/planeOrder.js';
import { convertTorch } from '../../src/models/torch/convert.js';
import { type TestState, zipPth } from '../support/torch.js';
import { compactState, denseState } from './networks.js';
import { farthest, type Planes, picture, runOnnx } from './planes.js';

const fromTorch = async (state: TestState): Promise<OnnxModel> =>
  decodeModel((await convertTorch(zipPth(state), 'net.pth')).onnx);

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => ((i * 37) % 23) / 40 - 0.25);
const conv = (from: string, weight: string, to: string, ...bias: string[]): Node =>
  node('Conv', [from, weight, ...bias], [to], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });

function network(nodes: Node[], initializer: Tensor[]): OnnxModel {
  const end = (name: string) => [value(name, FLOAT, [1, 3, `${name}_h`, `${name}_w`])];
  return model({ name: 'net', node: nodes, initializer, input: end('input'), output: end('output') });
}

const inOrder = (planes: Planes, order: number[]): Planes => {
  const size = planes.h * planes.w;
  const data = Float64Array.from(planes.data);
  order.forEach((from, to) => {
    data.set(planes.data.subarray(from * size, (from + 1) * size), to * size);
  });
  return { ...planes, data };
};

/** Of a reordered network the planes G, B, R are those of the network as it was. */
async function expectReordered(net: OnnxModel): Promise<void> {
  const before = await runOnnx(encodeModel(net), picture(8, 12));
  expect(reorderPlanes(net.graph, 'input', 'output')).toBe(true);
  const after = await runOnnx(encodeModel(net), inOrder(picture(8, 12), [1, 2, 0]));
  expect(farthest(inOrder(after, [2, 0, 1]), before)).toBeLessThan(1e-5);
}

it.each([1, 2, 4])('SRVGGNetCompact, whose input is added to its output, at scale %i', async (scale) => {
  await expectReordered(await fromTorch(compactState({ features: 5, convolutions: 2, scale })));
});

it('RRDBNet', async () => {
  await expectReordered(await fromTorch(denseState({ features: 4, growth: 2, blocks: 1, inputs: 3 })));
});

it('a convolution behind blocks of pixels, and one before them, place by place', async () => {
  const weights = [floats('in', [12, 12, 3, 3], numbers(1296)), floats('bias', [12], numbers(12))];
  await expectReordered(
    network(
      [
        node('SpaceToDepth', ['input'], ['blocks'], { blocksize: 2 }),
        conv('blocks', 'in', 'made', 'bias'),
        node('DepthToSpace', ['made'], ['output'], { blocksize: 2, mode: 'DCR' }),
      ],
      weights,
    ),
  );
});

it('weights that two convolutions share, and one that is first and last', async () => {
  const weights = [floats('shared', [3, 3, 3, 3], numbers(81))];
  await expectReordered(network([conv('input', 'shared', 'output')], structuredClone(weights)));
  await expectReordered(
    network(
      [
        conv('input', 'shared', 'a'),
        conv('a', 'shared', 'b'),
        conv('b', 'shared', 'c'),
        node('Relu', ['c'], ['output']),
      ],
      weights,
    ),
  );
});

it('weights as lists of numbers', async () => {
  const { rawData, ...shape } = floats('w', [3, 3, 3, 3], numbers(81));
  expect(rawData).toBeDefined();
  await expectReordered(network([conv('input', 'w', 'output')], [{ ...shape, floatData: numbers(81) }]));
});

it.each<[string, () => OnnxModel | Promise<OnnxModel>]>([
  [
    'has a factor for each colour',
    () => network([node('Mul', ['input', 'f'], ['output'])], [floats('f', [3, 1, 1], [1, 2, 3])]),
  ],
  [
    'adds its input to features',
    () =>
      network(
        [conv('input', 'w', 'a'), node('Add', ['a', 'input'], ['b']), conv('b', 'w', 'output')],
        [floats('w', [3, 3, 3, 3], numbers(81))],
      ),
  ],
  [
    'convolves each colour by itself',
    () => {
      const each = node('Conv', ['input', 'w'], ['output'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: 3 });
      return network([each], [floats('w', [3, 1, 3, 3], numbers(27))]);
    },
  ],
  ['gathers blocks of pixels', () => fromTorch(denseState({ features: 4, growth: 2, blocks: 1, inputs: 12 }))],
])('a network that %s stays as it is', async (_, make) => {
  const net = await make();
  const before = encodeModel(net);
  expect(reorderPlanes(net.graph, 'input', 'output')).toBe(false);
  expect(Buffer.compare(encodeModel(net), before)).toBe(0);
});
