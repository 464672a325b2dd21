import { smallConstants } from './onnx/constants.js';
import { eachField, type Field } from './onnx/messages.js';
import { type Graph, type Node, type OnnxModel, toInteger } from './onnx/schema.js';
import { UnsupportedModel } from './unsupported.js';

/** Numbers of fields in the ONNX standard. */
const TENSOR_LOCATION = 14;
const NODE_OPERATOR = 4;

/**
 * Numbers in one constant that a network makes for itself, 256 MB as float32; the largest layers of such networks hold
 * 10 million.
 */
const MOST_NUMBERS = 2 ** 26;

/**
 * Refuses what a network must not do when it is opened: read other files, or fill the memory. What may lie anywhere is
 * looked for in the bytes, not in the decoded model.
 * @throws UnsupportedModel, also when the bytes are no ONNX file.
 */
export function requireHarmless(bytes: Uint8Array, { graph }: OnnxModel): void {
  for (const field of eachField(bytes)) requireOwn(field);
  for (const each of graphsOf(graph)) {
    const constants = smallConstants(each);
    for (const node of each.node) {
      const numbers = numbersMade(node, constants);
      if (numbers > MOST_NUMBERS)
        throw new UnsupportedModel(
          `makes a constant of ${numbers} numbers (${node.opType}): no network of pictures needs that`,
        );
    }
  }
}

function requireOwn({ message, number, value }: Field): void {
  if (message === 'Tensor' && number === TENSOR_LOCATION && value !== 0)
    throw new UnsupportedModel('keeps its weights in another file: export it with the weights inside');
  if (message === 'Sparse')
    throw new UnsupportedModel('has sparse weights, which are not supported: export it with dense ones');
  if (
    message === 'Node' &&
    number === NODE_OPERATOR &&
    value instanceof Uint8Array &&
    new TextDecoder().decode(value) === 'EPContext'
  ) {
    throw new UnsupportedModel(
      'was compiled for one device, and reads another file: export it as an ordinary ONNX network',
    );
  }
}

const graphsOf = (graph: Graph): Graph[] => [
  graph,
  ...graph.node
    .flatMap(({ attribute }) => attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]))
    .flatMap(graphsOf),
];

/**
 * Operators that make a tensor of the shape, or at least of as many copies, as one of their inputs says; which one.
 */
const SHAPED = new Map([
  ['ConstantOfShape', 0],
  ['Expand', 1],
  ['Tile', 1],
]);

/** How many numbers an operator makes at least, where a constant says it; 0 elsewhere. */
function numbersMade({ opType, input, attribute }: Node, constants: ReadonlyMap<string, number[]>): number {
  const shape =
    constants.get(input[SHAPED.get(opType) ?? -1] ?? '') ??
    attribute.find(({ name }) => name === 'shape')?.ints?.map(toInteger);
  return shape?.reduce((product, size) => product * size, 1) ?? 0;
}
