import type { Context, Converter, Shape } from './context.js';

/** Appends a function of each value. @param input its ONNX name. */
type Activation = (layer: Context, input: string) => void;

const single =
  (op: string): Activation =>
  (layer, input) =>
    void layer.node(op, [input]);

const leaky = (layer: Context, input: string, slope: number): void => {
  if (slope === 0) layer.node('Relu', [input]);
  else layer.node('LeakyRelu', [input], { alpha: { float: slope } });
};

const clip = (layer: Context, input: string, least: number, most: number): void => {
  layer.node('Clip', [input, layer.constant('least', [], [least]), layer.constant('most', [], [most])]);
};

const hardSigmoid = (layer: Context, input: string, alpha: number, beta: number, out = layer.out): string =>
  layer.node('HardSigmoid', [input], { alpha: { float: alpha }, beta: { float: beta } }, out);

const hardSwish = (layer: Context, input: string, alpha: number, beta: number): void => {
  layer.node('Mul', [input, hardSigmoid(layer, input, alpha, beta, layer.inner('gate'))]);
};

const swish: Activation = (layer, input) => {
  layer.node('Mul', [input, layer.node('Sigmoid', [input], {}, layer.inner('gate'))]);
};

const mish: Activation = (layer, input) => {
  const softplus = layer.node('Softplus', [input], {}, layer.inner('softplus'));
  layer.node('Mul', [input, layer.node('Tanh', [softplus], {}, layer.inner('gate'))]);
};

/** By ncnn's number of an activation within another layer; each takes as many of its parameters. */
const FUSED: { params: number; append: (layer: Context, input: string, params: number[]) => void }[] = [
  { params: 0, append: single('Identity') },
  { params: 0, append: single('Relu') },
  {
    params: 1,
    append: (layer, input, [slope = 0]) => void layer.node('LeakyRelu', [input], { alpha: { float: slope } }),
  },
  {
    params: 2,
    append: (layer, input, [least = 0, most = 0]) => {
      clip(layer, input, least, most);
    },
  },
  { params: 0, append: single('Sigmoid') },
  { params: 0, append: mish },
  {
    params: 2,
    append: (layer, input, [alpha = 0, beta = 0]) => {
      hardSwish(layer, input, alpha, beta);
    },
  },
];

/**
 * Appends the activation that parameters 9 and 10 of a layer ask for, if any.
 * @param append appends the layer itself, making the value of the name that it is given.
 */
export function activated(layer: Context, append: (out: string) => void): void {
  const type = layer.params.integer(9, 0, 0, FUSED.length - 1);
  const activation = FUSED[type] as (typeof FUSED)[number];
  append(type === 0 ? layer.out : layer.inner('linear'));
  if (type === 0) return;
  const params = activation.params === 0 ? [] : (layer.params.numbers(10, activation.params) ?? []);
  activation.append(layer, layer.inner('linear'), params);
}

const UNARY = [
  'Abs',
  'Neg',
  'Floor',
  'Ceil',
  'Square',
  'Sqrt',
  'Rsqrt',
  'Exp',
  'Log',
  'Sin',
  'Cos',
  'Tan',
  'Asin',
  'Acos',
  'Atan',
  'Reciprocal',
  'Tanh',
] as const;

/** ONNX has no operator for two of them. */
function unaryOp(layer: Context): Shape {
  const op = UNARY[layer.params.integer(0, 0, 0, UNARY.length - 1)] as (typeof UNARY)[number];
  const { name } = layer.first;
  if (op === 'Square') layer.node('Mul', [name, name]);
  else if (op === 'Rsqrt') layer.node('Reciprocal', [layer.node('Sqrt', [name], {}, layer.inner('root'))]);
  else layer.node(op, [name]);
  return layer.first;
}

function prelu(layer: Context): Shape {
  const { channels, name } = layer.first;
  const count = layer.params.integer(0, 0, 1, channels);
  if (count !== 1 && count !== channels) throw layer.params.unsupported(0, count);
  layer.node('PRelu', [name, layer.constant('slope', [count, 1, 1], layer.weights.raw(count, layer.label))]);
  return layer.first;
}

const elementwise = (append: (layer: Context, input: string) => void): Converter => ({
  reads: [1, 1],
  append(layer) {
    append(layer, layer.first.name);
    return layer.first;
  },
});

/** FLT_MAX, which stands for a limit that is not given. */
const LARGEST = 3.402_823_466_385_288_6e38;

export const activations: [string, Converter][] = [
  [
    'ReLU',
    elementwise((layer, input) => {
      leaky(layer, input, layer.params.number(0, 0));
    }),
  ],
  ['PReLU', { reads: [1, 1], append: prelu }],
  ['Sigmoid', elementwise(single('Sigmoid'))],
  ['TanH', elementwise(single('Tanh'))],
  [
    'Clip',
    elementwise((layer, input) => {
      clip(layer, input, layer.params.number(0, -LARGEST), layer.params.number(1, LARGEST));
    }),
  ],
  [
    'HardSigmoid',
    elementwise(
      (layer, input) => void hardSigmoid(layer, input, layer.params.number(0, 0.2), layer.params.number(1, 0.5)),
    ),
  ],
  [
    'HardSwish',
    elementwise((layer, input) => {
      hardSwish(layer, input, layer.params.number(0, 0.2), layer.params.number(1, 0.5));
    }),
  ],
  ['Swish', elementwise(swish)],
  ['Mish', elementwise(mish)],
  ['UnaryOp', { reads: [1, 1], append: unaryOp }],
];
