import { type AttributeValue, floats, integers, model, node, value } from '../onnx/build.js';
import { NEAREST, unshuffleOrder } from '../onnx/operators.js';
import { encodeModel, FLOAT, type Node, type Tensor } from '../onnx/schema.js';
import type { Weights } from './weights.js';

/**
 * An ONNX graph under construction, in the words of PyTorch's modules: every method appends a layer and returns the
 * name of what it makes. Weights come from the state dict by the name of the layer there.
 */
export class NetworkBuilder {
  readonly #weights: Weights;
  readonly #nodes: Node[] = [];
  readonly #tensors: Tensor[] = [];

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  /** 3x3, as large as its input. */
  conv(name: string, input: string, from: number, to: number): string {
    const weight = this.#constant(
      floats(`${name}.weight`, [to, from, 3, 3], this.#weights.take(`${name}.weight`, [to, from, 3, 3])),
    );
    const bias = this.#constant(floats(`${name}.bias`, [to], this.#weights.take(`${name}.bias`, [to])));
    return this.#append('Conv', [input, weight, bias], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  }

  /** A slope for each channel. */
  prelu(name: string, input: string, channels: number): string {
    const slope = floats(`${name}.weight`, [channels, 1, 1], this.#weights.take(`${name}.weight`, [channels]));
    return this.#append('PRelu', [input, this.#constant(slope)]);
  }

  leakyRelu(input: string, slope: number): string {
    return this.#append('LeakyRelu', [input], { alpha: { float: slope } });
  }

  nearest(input: string, factor: number): string {
    return this.#append(
      'Resize',
      [input, '', this.#constant(floats(`nearest${factor}`, [4], [1, 1, factor, factor]))],
      NEAREST,
    );
  }

  pixelShuffle(input: string, factor: number): string {
    return this.#append('DepthToSpace', [input], { blocksize: factor, mode: 'CRD' });
  }

  pixelUnshuffle(input: string, channels: number, factor: number): string {
    const order = unshuffleOrder(channels, factor);
    const blocks = this.#append('SpaceToDepth', [input], { blocksize: factor });
    return this.#append('Gather', [blocks, this.#constant(integers('unshuffle', [order.length], order))], { axis: 1 });
  }

  concat(inputs: readonly string[]): string {
    return inputs.length === 1 ? (inputs[0] as string) : this.#append('Concat', [...inputs], { axis: 1 });
  }

  add(a: string, b: string): string {
    return this.#append('Add', [a, b]);
  }

  multiply(input: string, factor: number): string {
    return this.#append('Mul', [input, this.#constant(floats(`factor${factor}`, [], [factor]))]);
  }

  /**
   * @returns the ONNX file of what was appended, whose last layer makes the picture. @throws UserError when a tensor
   * is left over.
   */
  finish(name: string): Uint8Array {
    this.#weights.end();
    (this.#nodes.at(-1) as Node).output = ['output'];
    return encodeModel(
      model({
        name,
        node: this.#nodes,
        initializer: this.#tensors,
        input: [value('input', FLOAT, [1, 3, 'h', 'w'])],
        output: [value('output', FLOAT, [1, 3, 'oh', 'ow'])],
      }),
    );
  }

  #append(op: string, inputs: string[], attributes: Record<string, AttributeValue> = {}): string {
    const out = `${op}${this.#nodes.length}`;
    this.#nodes.push(node(op, inputs, [out], attributes, out));
    return out;
  }

  /** Constants of the same name are the same. */
  #constant(tensor: Tensor): string {
    if (!this.#tensors.some(({ name }) => name === tensor.name)) this.#tensors.push(tensor);
    return tensor.name;
  }
}
