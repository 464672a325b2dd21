import { readFile } from 'node:fs/promises';
import { readEnds } from './graphSignature.js';
import { toInteger, type Graph } from './onnx/schema.js';
import { fieldsOf } from './receptive.js';
import { Unfit } from './unsupported.js';

/**
 * Multiplications that a network makes for each source pixel, in its convolutions, where nearly all of its time goes.
 * @returns undefined where the graph holds operators whose sizes cannot be told.
 */
export function multiplicationsPerPixel(graph: Graph, input: string): number | undefined {
  const fields = fieldsOf(graph, input);
  if (!fields) return undefined;
  const weights = new Map(graph.initializer.map(({ name, dims }) => [name, dims.reduce<number>((product, size) => product * toInteger(size), 1)]));
  let sum = 0;
  for (const { opType, input: inputs, output } of graph.node) {
    if (opType !== 'Conv' && opType !== 'ConvTranspose') continue;
    const weight = weights.get(inputs[1] ?? '');
    // A transposed convolution uses each weight once for each pixel that goes in, another one for each that comes out.
    const field = fields.get((opType === 'Conv' ? output[0] : inputs[0]) ?? '');
    if (weight === undefined || !field) return undefined;
    sum += weight / (field[0].step * field[1].step);
  }
  return sum > 0 ? sum : undefined;
}

/** The same of an ONNX file that can be used as a model. */
export async function workOf(file: string): Promise<number | undefined> {
  try {
    const { model, input } = readEnds(await readFile(file));
    return multiplicationsPerPixel(model.graph, input);
  } catch (error) {
    if (error instanceof Unfit) return undefined;
    throw error;
  }
}
