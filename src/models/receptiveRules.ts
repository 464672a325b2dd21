import { type Node, toInteger } from './onnx/schema.js';

/** What pixel i of a value depends on along one axis: the source pixels of [i * step + from, i * step + to]. */
export interface Reach {
  /** Source pixels from one pixel to the next. */
  step: number;
  from: number;
  to: number;
}

/** The walk met something that depends on the whole picture, or that is not known. */
export class Unknown extends Error {}

/** Each pixel depends on the same pixel of the inputs, or on all channels of it. */
const POINTWISE: ReadonlySet<string> = new Set([
  'Abs',
  'Add',
  'BatchNormalization',
  'Cast',
  'Ceil',
  'Celu',
  'Clip',
  'DequantizeLinear',
  'Div',
  'Dropout',
  'Elu',
  'Erf',
  'Exp',
  'Floor',
  'Gelu',
  'HardSigmoid',
  'HardSwish',
  'Identity',
  'LeakyRelu',
  'Log',
  'Max',
  'Mean',
  'Min',
  'Mish',
  'Mul',
  'Neg',
  'PRelu',
  'Pow',
  'QuantizeLinear',
  'Reciprocal',
  'Relu',
  'Round',
  'Selu',
  'Sigmoid',
  'Sign',
  'Softplus',
  'Softsign',
  'Sqrt',
  'Sub',
  'Sum',
  'Tanh',
  'Where',
]);
/** Those that put channels together, or in another order, when they work along the channels. */
const ALONG_CHANNELS: ReadonlySet<string> = new Set(['Concat', 'Gather']);

export const isPointwise = ({ opType, attribute }: Node): boolean =>
  POINTWISE.has(opType) ||
  (ALONG_CHANNELS.has(opType) && [1, -3].includes(toInteger(attribute.find(({ name }) => name === 'axis')?.i ?? 0)));

interface Context {
  node: Node;
  /** Values of an input that is a small constant. */
  constant: (index: number) => number[] | undefined;
}
type Rule = (context: Context) => (reach: Reach, axis: 0 | 1) => Reach;

const attributeOf = ({ node }: Context, name: string) => node.attribute.find((attribute) => attribute.name === name);
const integersOf = (context: Context, name: string): number[] | undefined =>
  attributeOf(context, name)?.ints?.map(toInteger);
const integerOf = (context: Context, name: string, otherwise: number): number =>
  toInteger(attributeOf(context, name)?.i ?? otherwise);
const textOf = (context: Context, name: string, otherwise: string): string => {
  const text = attributeOf(context, name)?.s;
  return text ? new TextDecoder().decode(text) : otherwise;
};

/** Kernel, stride, dilation and the padding in front, by axis. */
function windowOf(context: Context) {
  const kernel = integersOf(context, 'kernel_shape');
  const padding = textOf(context, 'auto_pad', 'NOTSET');
  if (kernel?.length !== 2 || (padding !== 'NOTSET' && padding !== 'VALID')) throw new Unknown();
  const of =
    (name: string, otherwise: number) =>
    (axis: 0 | 1): number =>
      integersOf(context, name)?.[axis] ?? otherwise;
  const [dilation, stride, pad] = [of('dilations', 1), of('strides', 1), of('pads', 0)];
  return (axis: 0 | 1) => ({
    span: ((kernel[axis] as number) - 1) * dilation(axis),
    stride: stride(axis),
    pad: padding === 'VALID' ? 0 : pad(axis),
  });
}

const slidingWindow: Rule = (context) => {
  const window = windowOf(context);
  return ({ step, from, to }, axis) => {
    const { span, stride, pad } = window(axis);
    return { step: step * stride, from: from - pad * step, to: to + (span - pad) * step };
  };
};

const transposedWindow: Rule = (context) => {
  const window = windowOf(context);
  return ({ step, from, to }, axis) => {
    const { span, stride, pad } = window(axis);
    const fine = step / stride;
    return { step: fine, from: from + (pad - span) * fine, to: to + pad * fine };
  };
};

const depthToSpace: Rule = (context) => {
  const block = integerOf(context, 'blocksize', 1);
  return ({ step, from, to }) => ({ step: step / block, from: from - (block - 1) * (step / block), to });
};

const spaceToDepth: Rule = (context) => {
  const block = integerOf(context, 'blocksize', 1);
  return ({ step, from, to }) => ({ step: step * block, from, to: to + (block - 1) * step });
};

/** Pixels that an interpolation reads on each side of the place it is asked for. */
const SUPPORTS: Readonly<Record<string, number>> = { linear: 1, cubic: 2 };
const NEAREST: Readonly<Record<string, [number, number]>> = {
  floor: [1, 0],
  ceil: [0, 1],
  round_prefer_floor: [0.5, 0.5],
  round_prefer_ceil: [0.5, 0.5],
};

const resize: Rule = (context) => {
  const factors = context.constant(2);
  const mode = textOf(context, 'mode', 'nearest');
  const place = textOf(context, 'coordinate_transformation_mode', 'half_pixel');
  if (
    factors?.length !== 4 ||
    factors[0] !== 1 ||
    factors[1] !== 1 ||
    !['asymmetric', 'half_pixel', 'pytorch_half_pixel'].includes(place)
  )
    throw new Unknown();
  const antialias = integerOf(context, 'antialias', 0) === 1;
  return ({ step, from, to }, axis) => {
    const factor = factors[2 + axis] as number;
    const offset = place === 'asymmetric' ? 0 : 0.5 / factor - 0.5;
    const widened = (SUPPORTS[mode] ?? 0) * (antialias ? Math.max(1, 1 / factor) : 1);
    let [before, after] =
      mode === 'nearest'
        ? (NEAREST[textOf(context, 'nearest_mode', 'round_prefer_floor')] ?? [1, 1])
        : [widened, widened];
    // Whole steps at most: floor((i + 0) / 2) lies half a pixel before i / 2, not a whole one.
    if (mode === 'nearest' && before === 1 && Number.isInteger(factor)) before = 1 - 1 / factor;
    if (mode === 'nearest' && after === 1 && Number.isInteger(factor)) after = 1 - 1 / factor;
    return { step: step / factor, from: from + (offset - before) * step, to: to + (offset + after) * step };
  };
};

const pad: Rule = (context) => {
  const pads = integersOf(context, 'pads') ?? context.constant(1);
  if (pads?.length !== 8) throw new Unknown();
  return ({ step, from, to }, axis) => {
    const before = pads[2 + axis] as number;
    return { step, from: from - before * step, to: to - before * step };
  };
};

/** Of rows and columns only what lies a fixed distance from the beginning: the rest depends on the size. */
const slice: Rule = (context) => {
  const starts = context.constant(1);
  const axes = context.constant(3) ?? starts?.map((_, i) => i);
  const steps = context.node.input[4] ? context.constant(4) : starts?.map(() => 1);
  if (!starts || !axes || !steps) throw new Unknown();
  return (reach, axis) => {
    const at = axes.findIndex((other) => other === 2 + axis || other === axis - 2);
    if (at < 0) return reach;
    const [start = -1, stride = 0] = [starts[at], steps[at]];
    if (start < 0 || stride < 1) throw new Unknown();
    return { step: reach.step * stride, from: reach.from + start * reach.step, to: reach.to + start * reach.step };
  };
};

const split: Rule = (context) => {
  if (integerOf(context, 'axis', 0) !== 1) throw new Unknown();
  return (reach) => reach;
};

export const RULES: ReadonlyMap<string, Rule> = new Map([
  ['Conv', slidingWindow],
  ['MaxPool', slidingWindow],
  ['AveragePool', slidingWindow],
  ['ConvTranspose', transposedWindow],
  ['DepthToSpace', depthToSpace],
  ['SpaceToDepth', spaceToDepth],
  ['Resize', resize],
  ['Pad', pad],
  ['Slice', slice],
  ['Split', split],
]);
