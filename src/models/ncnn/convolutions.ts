import { UserError } from '../../lib/errors.js';
import { activated } from './activations.js';
import { type Context, type Converter, MOST_CHANNELS, type Shape } from './context.js';
import { grown, isSingle, spread, windowed } from './extent.js';

/** What convolutions of every kind have in common; ncnn numbers it the same in all of them. */
function geometry({ params }: Context) {
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
  return {
    outputs,
    area: kernelW * kernelH,
    kernel: [kernelH, kernelW],
    strides: [strideH, strideW] as const,
    reach: [(kernelH - 1) * dilationH + 1, (kernelW - 1) * dilationW + 1] as const,
    padded: [top + bottom, left + right] as const,
    attributes: {
      kernel_shape: [kernelH, kernelW],
      dilations: [dilationH, dilationW],
      strides: [strideH, strideW],
      pads: [top, left, bottom, right],
    },
  };
}

/** @returns the number of groups, each of which reads and makes as many channels. */
function groupsOf({ params, first }: Context, outputs: number): number {
  const groups = params.integer(7, 1, 1, MOST_CHANNELS);
  if (outputs % groups !== 0 || first.channels % groups !== 0) throw params.unsupported(7, groups);
  return groups;
}

function expectNotQuantised({ params, label }: Context): void {
  if (params.integer(8, 0, 0, 255) !== 0)
    throw new UserError(
      `layer ${label} is quantised to int8, which is not supported: take the network in float32 or float16`,
    );
}

/** @param id of the parameter that says whether there is one. */
function bias(layer: Context, id: number, outputs: number): string[] {
  const present = layer.params.integer(id, 0, 0, 1) === 1;
  return present ? [layer.constant('bias', [outputs], layer.weights.raw(outputs, layer.label))] : [];
}

const convolution =
  (grouped: boolean) =>
  (layer: Context): Shape => {
    const { params, weights, label, first } = layer;
    const { outputs, area, kernel, strides, reach, padded, attributes } = geometry(layer);
    expectNotQuantised(layer);
    // A padding value, weights that are computed: neither occurs in super-resolution networks.
    params.expectUnset(18, 19);
    const groups = grouped ? groupsOf(layer, outputs) : 1;
    const inputs = first.channels / groups;
    const size = outputs * inputs * area;
    params.integer(6, 0, size, size);
    const operands = [
      first.name,
      layer.constant('weight', [outputs, inputs, ...kernel], weights.stored(size, label)),
      ...bias(layer, 5, outputs),
    ];
    activated(
      layer,
      (out) => void layer.node('Conv', operands, groups === 1 ? attributes : { ...attributes, group: groups }, out),
    );
    return {
      channels: outputs,
      height: windowed(grown(first.height, padded[0]), reach[0], strides[0]),
      width: windowed(grown(first.width, padded[1]), reach[1], strides[1]),
    };
  };

const deconvolution =
  (grouped: boolean) =>
  (layer: Context): Shape => {
    const { params, weights, label, first } = layer;
    const { outputs, area, kernel, strides, reach, padded, attributes } = geometry(layer);
    // Padding of the output, or a size that it must have.
    params.expectUnset(18, 19, 20, 21);
    const groups = grouped ? groupsOf(layer, outputs) : 1;
    const size = (outputs * first.channels * area) / groups;
    params.integer(6, 0, size, size);
    const weight = swapInAndOut(weights.stored(size, label), {
      groups,
      inputs: first.channels / groups,
      outputs: outputs / groups,
      area,
    });
    const operands = [
      first.name,
      layer.constant('weight', [first.channels, outputs / groups, ...kernel], weight),
      ...bias(layer, 5, outputs),
    ];
    activated(
      layer,
      (out) =>
        void layer.node('ConvTranspose', operands, groups === 1 ? attributes : { ...attributes, group: groups }, out),
    );
    return {
      channels: outputs,
      height: grown(spread(first.height, reach[0], strides[0]), -padded[0]),
      width: grown(spread(first.width, reach[1], strides[1]), -padded[1]),
    };
  };

/** ncnn has the kernels of a deconvolution by output and then by input within each group; ONNX the other way round. */
function swapInAndOut(
  weights: Float32Array,
  { groups, inputs, outputs, area }: { groups: number; inputs: number; outputs: number; area: number },
): Float32Array {
  const swapped = new Float32Array(weights.length);
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        const from = ((g * outputs + o) * inputs + i) * area;
        swapped.set(weights.subarray(from, from + area), ((g * inputs + i) * outputs + o) * area);
      }
    }
  }
  return swapped;
}

/** Of one value for each channel only: there it is a convolution of 1x1. */
function innerProduct(layer: Context): Shape {
  const { params, weights, label, first } = layer;
  if (!isSingle(first.height) || !isSingle(first.width))
    throw new UserError(`layer ${label} reads more than one value of each channel, which is not supported`);
  const outputs = params.integer(0, 0, 1, MOST_CHANNELS);
  expectNotQuantised(layer);
  const size = outputs * first.channels;
  params.integer(2, 0, size, size);
  const operands = [
    first.name,
    layer.constant('weight', [outputs, first.channels, 1, 1], weights.stored(size, label)),
    ...bias(layer, 1, outputs),
  ];
  activated(layer, (out) => void layer.node('Conv', operands, { kernel_shape: [1, 1] }, out));
  return { ...first, channels: outputs };
}

export const convolutions: [string, Converter][] = [
  ['Convolution', { reads: [1, 1], append: convolution(false) }],
  ['ConvolutionDepthWise', { reads: [1, 1], append: convolution(true) }],
  ['Deconvolution', { reads: [1, 1], append: deconvolution(false) }],
  ['DeconvolutionDepthWise', { reads: [1, 1], append: deconvolution(true) }],
  ['InnerProduct', { reads: [1, 1], append: innerProduct }],
];
