import type { AttributeValue } from '../onnx/build.js';
import { NEAREST, unshuffleOrder } from '../onnx/operators.js';
import { type Context, type Converter, MOST_CHANNELS, type Shape } from './context.js';
import { grown, SINGLE, scaled, windowed } from './extent.js';

function pixelShuffle(layer: Context): Shape {
  const { params, first } = layer;
  const factor = params.integer(0, 1, 1, 16);
  const channels = first.channels / factor ** 2;
  if (!Number.isInteger(channels)) throw params.unsupported(0, factor);
  layer.node('DepthToSpace', [first.name], {
    blocksize: factor,
    mode: params.integer(1, 0, 0, 1) === 0 ? 'CRD' : 'DCR',
  });
  return { channels, height: scaled(first.height, factor), width: scaled(first.width, factor) };
}

/** The reverse of a pixel shuffle. */
function reorg(layer: Context): Shape {
  const { params, first } = layer;
  const factor = params.integer(0, 1, 1, 16);
  const channels = first.channels * factor ** 2;
  if (channels > MOST_CHANNELS) throw params.unsupported(0, factor);
  const inOnnxOrder = params.integer(1, 0, 0, 1) === 1;
  layer.node('SpaceToDepth', [first.name], { blocksize: factor }, inOnnxOrder ? layer.out : layer.inner('blocks'));
  if (!inOnnxOrder)
    layer.node('Gather', [layer.inner('blocks'), layer.list('order', unshuffleOrder(first.channels, factor))], {
      axis: 1,
    });
  return { channels, height: scaled(first.height, 1 / factor), width: scaled(first.width, 1 / factor) };
}

/** ncnn's resizes, none of which smooths before it shrinks; coordinates beyond the edge repeat the edge. */
const RESIZES: Record<string, AttributeValue>[] = [
  NEAREST,
  { mode: 'linear', coordinate_transformation_mode: 'half_pixel' },
  { mode: 'cubic', coordinate_transformation_mode: 'half_pixel', cubic_coeff_a: { float: -0.75 } },
];

function interp(layer: Context): Shape {
  const { params, first } = layer;
  const type = params.integer(0, 0, 1, RESIZES.length);
  // Sizes instead of factors, a size taken from another blob, aligned corners.
  params.expectUnset(3, 4, 5, 6);
  const [height = 1, width = 1] = [1, 2].map((id) => {
    const factor = params.number(id, 1);
    if (factor < 1 / 16 || factor > 16) throw params.unsupported(id, factor);
    return factor;
  });
  layer.node('Resize', [first.name, '', layer.constant('scales', [4], [1, 1, height, width])], RESIZES[type - 1]);
  return { ...first, height: scaled(first.height, height), width: scaled(first.width, width) };
}

const PADDINGS = ['constant', 'edge', 'reflect'];
const MOST_PADDING = 1024;

function padding(layer: Context): Shape {
  const { params, first } = layer;
  const [top = 0, bottom = 0, left = 0, right = 0] = [0, 1, 2, 3].map((id) => params.integer(id, 0, 0, MOST_PADDING));
  // A value for each channel, padding of channels.
  params.expectUnset(6, 7, 8);
  const mode = PADDINGS[params.integer(4, 0, 0, PADDINGS.length - 1)] as string;
  const pads = layer.list('pads', [0, 0, top, left, 0, 0, bottom, right]);
  layer.node('Pad', [first.name, pads, layer.constant('value', [], [params.number(5, 0)])], { mode });
  return { ...first, height: grown(first.height, top + bottom), width: grown(first.width, left + right) };
}

const POOLINGS = ['Max', 'Average'];

function pooling(layer: Context): Shape {
  const { params, first } = layer;
  const kind = POOLINGS[params.integer(0, 0, 0, 1)] as string;
  // A size that the result must have.
  params.expectUnset(7);
  if (params.integer(4, 0, 0, 1) === 1) {
    layer.node(`Global${kind}Pool`, [first.name]);
    return { ...first, height: SINGLE, width: SINGLE };
  }
  const kernelW = params.integer(1, 0, 1, 64);
  const kernelH = params.integer(11, kernelW, 1, 64);
  const strideW = params.integer(2, 1, 1, 64);
  const strideH = params.integer(12, strideW, 1, 64);
  const left = params.integer(3, 0, 0, 64);
  const right = params.integer(14, left, 0, 64);
  const top = params.integer(13, left, 0, 64);
  const bottom = params.integer(15, top, 0, 64);
  const full = params.integer(5, 0, 0, 1) === 0;
  const average: Record<string, AttributeValue> =
    kind === 'Average' ? { count_include_pad: params.integer(6, 0, 0, full ? 0 : 1) } : {};
  layer.node(`${kind}Pool`, [first.name], {
    kernel_shape: [kernelH, kernelW],
    strides: [strideH, strideW],
    pads: [top, left, bottom, right],
    ceil_mode: full ? 1 : 0,
    ...average,
  });
  const round = full ? Math.ceil : Math.floor;
  return {
    ...first,
    height: windowed(grown(first.height, top + bottom), kernelH, strideH, round),
    width: windowed(grown(first.width, left + right), kernelW, strideW, round),
  };
}

export const resampling: [string, Converter][] = [
  ['PixelShuffle', { reads: [1, 1], append: pixelShuffle }],
  ['Reorg', { reads: [1, 1], append: reorg }],
  ['Interp', { reads: [1, 1], append: interp }],
  ['Padding', { reads: [1, 1], append: padding }],
  ['Pooling', { reads: [1, 1], append: pooling }],
];
