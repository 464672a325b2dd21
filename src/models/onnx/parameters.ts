import { DOUBLE, FLOAT, FLOAT16, type Graph, INT8, type Tensor, toInteger, UINT8 } from './schema.js';

const FLOATS: ReadonlySet<number> = new Set([FLOAT, FLOAT16, DOUBLE]);
const QUANTISED: ReadonlySet<number> = new Set([INT8, UINT8]);

/**
 * How many numbers a network learned: weights, biases and slopes, but no factors of a resize and no single numbers.
 */
export function countParameters(graph: Graph): number {
  const factors = new Set(
    graph.node.filter(({ opType }) => opType === 'Resize').flatMap(({ input }) => input.slice(1)),
  );
  const constants = graph.node
    .filter(({ opType }) => opType === 'Constant')
    .flatMap(({ output, attribute }) => attribute.flatMap(({ t }) => (t ? [{ ...t, name: output[0] ?? '' }] : [])));
  return [...graph.initializer, ...constants]
    .filter(({ name }) => !factors.has(name))
    .reduce((sum, tensor) => sum + learned(tensor), 0);
}

function learned({ dims, dataType = 0 }: Tensor): number {
  const isWeight = dims.length > 0 && (FLOATS.has(dataType) || (QUANTISED.has(dataType) && dims.length > 1));
  return isWeight ? dims.reduce<number>((product, size) => product * toInteger(size), 1) : 0;
}
