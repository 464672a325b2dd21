import type { Context, Converter, Shape } from './context.js';

/** By ncnn's number; the last three have their operands the other way round. */
const BINARY = ['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min', 'Pow', 'Sub', 'Div', 'Pow'];
const FIRST_REVERSED = 7;

function binaryOp(layer: Context): Shape {
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

function eltwise(layer: Context): Shape {
  const type = layer.params.integer(0, 0, 0, ELEMENTWISE.length - 1);
  const coefficients = type === SUM ? layer.params.numbers(1, layer.inputs.length) : undefined;
  const terms = layer.inputs.map(({ name }, i) => {
    const coefficient = coefficients?.[i] ?? 1;
    return coefficient === 1
      ? name
      : layer.node('Mul', [name, layer.constant(`coefficient${i}`, [], [coefficient])], {}, layer.inner(`term${i}`));
  });
  terms.reduce((sum, term, i) =>
    layer.node(
      ELEMENTWISE[type] as string,
      [sum, term],
      {},
      i === terms.length - 1 ? layer.out : layer.inner(`sum${i}`),
    ),
  );
  return layer.sameChannels();
}

function concat(layer: Context): Shape {
  layer.params.integer(0, 0, 0, 0);
  layer.node(
    'Concat',
    layer.inputs.map((input) => input.name),
    { axis: 1 },
  );
  return { ...layer.first, channels: layer.inputs.reduce((sum, input) => sum + input.channels, 0) };
}

/** In place of a size: the factors are another blob. */
const FROM_BLOB = -233;

function scale(layer: Context): Shape {
  const { params, weights, label, first, inputs } = layer;
  const fromBlob = params.number(0, 0) === FROM_BLOB;
  if (fromBlob !== (inputs.length === 2)) throw params.unsupported(0, params.number(0, 0));
  if (fromBlob) {
    layer.node(
      'Mul',
      inputs.map(({ name }) => name),
    );
    return layer.sameChannels();
  }
  const { channels } = first;
  params.integer(0, 0, channels, channels);
  const withBias = params.integer(1, 0, 0, 1) === 1;
  const factors = layer.constant('factors', [channels, 1, 1], weights.raw(channels, label));
  layer.node('Mul', [first.name, factors], {}, withBias ? layer.inner('product') : layer.out);
  if (withBias)
    layer.node('Add', [
      layer.inner('product'),
      layer.constant('bias', [channels, 1, 1], weights.raw(channels, label)),
    ]);
  return first;
}

export const arithmetic: [string, Converter][] = [
  ['BinaryOp', { reads: [1, 2], append: binaryOp }],
  ['Eltwise', { reads: [2, 16], append: eltwise }],
  ['Scale', { reads: [1, 2], append: scale }],
  ['Concat', { reads: [1, 64], append: concat }],
];
