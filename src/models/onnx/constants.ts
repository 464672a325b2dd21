import { FLOAT, type Graph, INT64, type Node, type Tensor, toInteger } from './schema.js';

/** Values of the small constant tensors of a graph (initializers and Constant nodes), by name: factors, pads, axes. */
export function smallConstants(graph: Graph): ReadonlyMap<string, number[]> {
  const found = new Map<string, number[]>();
  const add = (name: string, values: number[] | undefined): void => {
    if (values) found.set(name, values);
  };
  for (const tensor of graph.initializer) add(tensor.name, smallValues(tensor));
  for (const each of graph.node) {
    if (each.opType === 'Constant') add(each.output[0] ?? '', constantValues(each));
  }
  return found;
}

const MOST_VALUES = 16;

function smallValues({ dims, dataType, rawData, floatData, int64Data }: Tensor): number[] | undefined {
  const count = dims.reduce<number>((product, size) => product * toInteger(size), 1);
  if (count > MOST_VALUES) return undefined;
  const list = dataType === FLOAT ? floatData : dataType === INT64 ? int64Data?.map(toInteger) : undefined;
  if (!list || list.length === count) return list;
  const width = dataType === FLOAT ? 4 : 8;
  if (rawData?.length !== count * width) return undefined;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.length);
  return Array.from({ length: count }, (_, i) =>
    dataType === FLOAT ? view.getFloat32(i * 4, true) : Number(view.getBigInt64(i * 8, true)),
  );
}

function constantValues({ attribute }: Node): number[] | undefined {
  const [{ name, t, i, f, ints, floats } = { name: '' }] = attribute;
  switch (name) {
    case 'value':
      return t ? smallValues(t) : undefined;
    case 'value_int':
      return [toInteger(i ?? 0)];
    case 'value_float':
      return [f ?? 0];
    case 'value_ints':
      return ints?.map(toInteger);
    case 'value_floats':
      return floats;
    default:
      return undefined;
  }
}
