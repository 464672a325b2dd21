import { writeFile } from 'node:fs/promises';
import { floats, model, node, value } from '../../src/models/onnx/build.js';
import { encodeModel, FLOAT, type Node, type Tensor } from '../../src/models/onnx/schema.js';

const FEATURES = 32;

/**
 * Writes a network in plain NCHW RGB 0..1: 3x3 convolutions whose faint result is added to the picture, then
 * nearest neighbours.
 * @param layers convolutions, at least 2: how slow it is. With 32 features, 9216 multiplications a pixel for each but
 * the outer two.
 */
export async function writeSlowNet(file: string, layers: number, scale = 2): Promise<void> {
  const nodes: Node[] = [];
  const weights: Tensor[] = [];
  let last = 'input';
  for (let i = 0; i < layers; i++) {
    const from = i === 0 ? 3 : FEATURES;
    const to = i === layers - 1 ? 3 : FEATURES;
    // Small enough that any number of layers stays finite.
    const values = Float32Array.from({ length: to * from * 9 }, (_, k) => (((k * 37) % 19) - 9) / (81 * FEATURES));
    weights.push(floats(`weight${i}`, [to, from, 3, 3], values));
    nodes.push(node('Conv', [last, `weight${i}`], [`features${i}`], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }));
    last = `features${i}`;
  }
  weights.push(floats('scales', [4], [1, 1, scale, scale]));
  nodes.push(
    node('Add', ['input', last], ['sum']),
    node('Resize', ['sum', '', 'scales'], ['output'], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  );
  const graph = {
    name: 'slow',
    node: nodes,
    initializer: weights,
    input: [value('input', FLOAT, [1, 3, 'h', 'w'])],
    output: [value('output', FLOAT, [1, 3, 'oh', 'ow'])],
  };
  await writeFile(file, encodeModel(model(graph)));
}
