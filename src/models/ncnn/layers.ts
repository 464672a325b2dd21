import { UserError } from '../../job/errors.js';
import { floats, node, type AttributeValue } from '../onnx/build.js';
import type { Node, Tensor } from '../onnx/schema.js';
import type { Layer } from './param.js';
import { LayerParameters } from './parameters.js';
import type { WeightReader } from './weights.js';

/** A value in the ONNX graph: [1, channels, h, w]. */
export interface Blob {
  name: string;
  channels: number;
}

/** The ONNX graph that layers are appended to, and the file that their weights come from. */
export interface Building {
  nodes: Node[];
  tensors: Tensor[];
  weights: WeightReader;
}

const MOST_CHANNELS = 65_536;

/**
 * Appends the ONNX nodes of one layer.
 * @param out the ONNX name of what the layer makes.
 * @returns one blob for each of its tops.
 * @throws UserError when the layer, or something that it asks for, has no conversion here.
 */
export function convertLayer(layer: Layer, inputs: Blob[], out: string, building: Building): Blob[] {
  const label = `${layer.type} ${layer.name}`;
  const convert = converters.get(layer.type);
  if (!convert) throw new UserError(`layer ${label} cannot be converted: only ${[...converters.keys()].join(', ')} are supported`);
  const [least, most] = convert.reads;
  if (inputs.length < least || inputs.length > most) throw new UserError(`layer ${label} reads ${inputs.length} blobs, which is not supported`);
  const wanted = layer.type === 'Split' ? layer.tops.length : 1;
  if (layer.tops.length !== wanted) throw new UserError(`layer ${label} makes ${layer.tops.length} blobs, which is not supported`);
  const context = new Context(layer, label, inputs, out, building);
  const blob = { name: context.out, channels: convert.append(context) };
  // A split only names its input again: ONNX values may be read any number of times.
  return layer.type === 'Split' ? layer.tops.map(() => context.first) : [blob];
}

/** One layer on its way into the graph. */
class Context {
  readonly params: LayerParameters;
  readonly label: string;
  readonly inputs: Blob[];
  readonly out: string;
  readonly weights: WeightReader;
  readonly #layer: Layer;
  readonly #building: Building;

  constructor(layer: Layer, label: string, inputs: Blob[], out: string, building: Building) {
    this.params = new LayerParameters(layer.params, label);
    this.label = label;
    this.inputs = inputs;
    this.out = out;
    this.weights = building.weights;
    this.#layer = layer;
    this.#building = building;
  }

  get first(): Blob {
    return this.inputs[0] as Blob;
  }

  node(op: string, inputs: string[], attributes: Record<string, AttributeValue> = {}, out = this.out): string {
    this.#building.nodes.push(node(op, inputs, [out], attributes, `${this.#layer.name}/${op}`));
    return out;
  }

  /** Stores constants beside the layer. @returns their name. */
  constant(what: string, dims: number[], values: ArrayLike<number>): string {
    const name = `${this.out}/${what}`;
    this.#building.tensors.push(floats(name, dims, values));
    return name;
  }

  sameChannels(): number {
    const { channels } = this.first;
    if (this.inputs.some((input) => input.channels !== channels)) throw new UserError(`layer ${this.label} combines blobs of different channels`);
    return channels;
  }
}

interface Converter {
  /** Fewest and most blobs that it may read. */
  reads: [number, number];
  /** @returns the channels of the blob that it makes. */
  append: (layer: Context) => number;
}

const converters = new Map<string, Converter>([
  ['Convolution', { reads: [1, 1], append: convolution }],
  ['PReLU', { reads: [1, 1], append: prelu }],
  ['PixelShuffle', { reads: [1, 1], append: pixelShuffle }],
  ['Interp', { reads: [1, 1], append: interp }],
  ['BinaryOp', { reads: [1, 2], append: binaryOp }],
  ['Eltwise', { reads: [2, 16], append: eltwise }],
  ['Concat', { reads: [1, 64], append: concat }],
  ['Split', { reads: [1, 1], append: (layer) => layer.first.channels }],
]);

function convolution(layer: Context): number {
  const { params, weights, label } = layer;
  const outputs = params.integer(0, 0, 1, MOST_CHANNELS);
  const kernelW = params.integer(1, 0, 1, 64);
  const kernelH = params.integer(11, kernelW, 1, 64);
  const dilationW = params.integer(2, 1, 1, 64);
  const dilationH = params.integer(12, dilationW, 1, 64);
  const strideW = params.integer(3, 1, 1, 64);
  const strideH = params.integer(13, strideW, 1, 64);
  const left = params.integer(4, 0, 0, 64);
  const right = params.integer(15, left, 0, 64);
  const top = params.integer(14, left, 0, 64);
  const bottom = params.integer(16, top, 0, 64);
  // int8 scales, a padding value, weights that are computed: none of them occurs in super-resolution networks.
  params.expectUnset(8, 18, 19);
  const size = outputs * layer.first.channels * kernelW * kernelH;
  params.integer(6, 0, size, size);

  const inputs = [layer.first.name, layer.constant('weight', [outputs, layer.first.channels, kernelH, kernelW], weights.stored(size, label))];
  if (params.integer(5, 0, 0, 1) === 1) inputs.push(layer.constant('bias', [outputs], weights.raw(outputs, label)));
  const activation = params.integer(9, 0, 0, 2);
  layer.node('Conv', inputs, {
    kernel_shape: [kernelH, kernelW],
    dilations: [dilationH, dilationW],
    strides: [strideH, strideW],
    pads: [top, left, bottom, right],
  }, activation === 0 ? layer.out : `${layer.out}/linear`);
  if (activation === 1) layer.node('Relu', [`${layer.out}/linear`]);
  if (activation === 2) layer.node('LeakyRelu', [`${layer.out}/linear`], { alpha: { float: params.numbers(10, 1)?.[0] ?? 0 } });
  return outputs;
}

function prelu(layer: Context): number {
  const { channels, name } = layer.first;
  const count = layer.params.integer(0, 0, 1, channels);
  if (count !== 1 && count !== channels) throw layer.params.unsupported(0, count);
  layer.node('PRelu', [name, layer.constant('slope', [count, 1, 1], layer.weights.raw(count, layer.label))]);
  return channels;
}

function pixelShuffle(layer: Context): number {
  const factor = layer.params.integer(0, 1, 1, 16);
  const channels = layer.first.channels / factor ** 2;
  if (!Number.isInteger(channels)) throw layer.params.unsupported(0, factor);
  layer.node('DepthToSpace', [layer.first.name], { blocksize: factor, mode: layer.params.integer(1, 0, 0, 1) === 0 ? 'CRD' : 'DCR' });
  return channels;
}

/** ncnn's resizes, none of which smooths before it shrinks; coordinates beyond the edge repeat the edge. */
const RESIZES = [
  { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
  { mode: 'cubic', coordinate_transformation_mode: 'half_pixel', cubic_coeff_a: { float: -0.75 } },
];

function interp(layer: Context): number {
  const { params } = layer;
  const type = params.integer(0, 0, 1, RESIZES.length);
  // Sizes instead of factors, a size taken from another blob, aligned corners.
  params.expectUnset(3, 4, 5, 6);
  const [height = 1, width = 1] = [1, 2].map((id) => {
    const factor = params.number(id, 1);
    if (factor < 1 / 16 || factor > 16) throw params.unsupported(id, factor);
    return factor;
  });
  layer.node('Resize', [layer.first.name, '', layer.constant('scales', [4], [1, 1, height, width])], RESIZES[type - 1]);
  return layer.first.channels;
}

/** By ncnn's number; the last two have their operands the other way round. */
const BINARY = ['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow', 'Sub', 'Div'];
const FIRST_REVERSED = 7;

function binaryOp(layer: Context): number {
  const type = layer.params.integer(0, 0, 0, BINARY.length - 1);
  const withScalar = layer.params.integer(1, 0, 0, 1) === 1;
  if (withScalar !== (layer.inputs.length === 1)) throw layer.params.unsupported(1, Number(withScalar));
  const operands = layer.inputs.map((input) => input.name);
  if (withScalar) operands.push(layer.constant('scalar', [], [layer.params.number(2, 0)]));
  layer.node(BINARY[type] as string, type >= FIRST_REVERSED ? operands.reverse() : operands);
  return layer.sameChannels();
}

const ELEMENTWISE = ['Mul', 'Add', 'Max'];
const SUM = 1;

function eltwise(layer: Context): number {
  const type = layer.params.integer(0, 0, 0, ELEMENTWISE.length - 1);
  const coefficients = type === SUM ? layer.params.numbers(1, layer.inputs.length) : undefined;
  const terms = layer.inputs.map(({ name }, i) => {
    const coefficient = coefficients?.[i] ?? 1;
    return coefficient === 1 ? name : layer.node('Mul', [name, layer.constant(`coefficient${i}`, [], [coefficient])], {}, `${layer.out}/term${i}`);
  });
  terms.reduce((sum, term, i) => layer.node(ELEMENTWISE[type] as string, [sum, term], {}, i === terms.length - 1 ? layer.out : `${layer.out}/sum${i}`));
  return layer.sameChannels();
}

function concat(layer: Context): number {
  layer.params.integer(0, 0, 0, 0);
  layer.node('Concat', layer.inputs.map((input) => input.name), { axis: 1 });
  return layer.inputs.reduce((sum, input) => sum + input.channels, 0);
}
