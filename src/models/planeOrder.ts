import { FLOAT, FLOAT16, type Graph, type Node, type Tensor, toInteger } from './onnx/schema.js';

/** For each plane of gbrp, its number in RGB. */
const RGB_OF_GBR = [1, 2, 0];

/** Operators that leave channels as they are, and whose other inputs, if any, are no pictures. */
const PASSING: ReadonlySet<string> = new Set([
  'Cast',
  'Clip',
  'Identity',
  'LeakyRelu',
  'Relu',
  'Resize',
  'Sigmoid',
  'Tanh',
]);
const ELEMENTWISE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div']);
/** What these give depends on the picture's size only. */
const OF_SIZE: ReadonlySet<string> = new Set(['Shape', 'Size']);

/** Weights whose channels along an axis get another order. */
interface Change {
  node: Node;
  /** Which input of the node. */
  index: number;
  axis: number;
  /** Of channels: those of one place in a block lie together, or those of one colour. */
  block: { edge: number; placesFirst: boolean };
}

const PLAIN: Change['block'] = { edge: 1, placesFirst: true };

/**
 * Makes a network of RGB pictures take and give planes in the order G, B, R, in place, by the order of channels in the
 * weights of its first and last convolutions. It then computes the same sums in another order.
 * @returns false, and nothing is changed, where something else than a convolution tells colours apart.
 */
export function reorderPlanes(graph: Graph, input: string, output: string): boolean {
  const changes = new PlaneWalk(graph).changes(input, output);
  if (!changes) return false;
  for (const change of changes) apply(graph, change);
  return true;
}

/** Looks for what would have to change. */
class PlaneWalk {
  readonly #graph: Graph;
  readonly #weights: ReadonlyMap<string, Tensor>;
  readonly #makers: ReadonlyMap<string, Node>;
  /** Between the last convolutions and the output, or between the input and the output. */
  readonly #path = new Set<Node>();
  readonly #values = new Set<string>();
  readonly #changes: Change[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#weights = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
    this.#makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  }

  changes(input: string, output: string): Change[] | undefined {
    // Branches see values without naming them as inputs.
    if (this.#graph.node.some(({ attribute }) => attribute.some(({ g, graphs }) => g || graphs?.length)))
      return undefined;
    const found =
      this.#back(output, input, PLAIN) &&
      this.#forward(input, PLAIN) &&
      [...this.#values].every((name) => name === input || this.#users(name).every((node) => this.#onPath(node)));
    return found ? this.#changes : undefined;
  }

  /** @returns whether a value can come in the other order. */
  #back(value: string, input: string, block: Change['block']): boolean {
    if (value === input) return block.edge === 1;
    if (this.#values.has(value)) return true;
    this.#values.add(value);
    const node = this.#makers.get(value);
    if (!node || node.domain) return false;
    const [first = '', ...others] = node.input;
    if (node.opType === 'Conv') return this.#convolution(node, 0, block);
    this.#path.add(node);
    if (PASSING.has(node.opType))
      return others.every((name) => this.#isConstantOrSize(name)) && this.#back(first, input, block);
    if (ELEMENTWISE.has(node.opType))
      return node.input.every((name) => this.#same(name) || this.#back(name, input, block));
    if (node.opType === 'DepthToSpace' && block.edge === 1)
      return this.#back(first, input, { edge: integer(node, 'blocksize'), placesFirst: text(node, 'mode') !== 'CRD' });
    return false;
  }

  /** @returns whether all that read a value can take it in the other order. */
  #forward(value: string, block: Change['block']): boolean {
    return this.#users(value).every((node) => {
      if (this.#onPath(node)) return block.edge === 1;
      if (node.domain || node.input[0] !== value || node.input.lastIndexOf(value) > 0) return false;
      if (node.opType === 'Conv') return this.#convolution(node, 1, block);
      if (node.opType !== 'SpaceToDepth' || block.edge > 1) return false;
      return this.#forward(node.output[0] ?? '', { edge: integer(node, 'blocksize'), placesFirst: true });
    });
  }

  /** @param axis of its weight: 0 for what it gives, 1 for what it takes. */
  #convolution(node: Node, axis: 0 | 1, block: Change['block']): boolean {
    if (integer(node, 'group', 1) !== 1) return false;
    const wanted = 3 * block.edge ** 2;
    const indices = axis === 0 && node.input[2] ? [1, 2] : [1];
    return indices.every((index) => {
      const weight = this.#weights.get(node.input[index] ?? '');
      if (!weight || !isMovable(weight) || toInteger(weight.dims[axis] ?? 0) !== wanted) return false;
      this.#changes.push({ node, index, axis, block });
      return true;
    });
  }

  #users = (name: string): Node[] => this.#graph.node.filter(({ input }) => input.includes(name));
  #onPath = (node: Node): boolean => this.#path.has(node) || OF_SIZE.has(node.opType);

  /** One number for all channels. */
  #same(name: string): boolean {
    const weight = this.#weights.get(name);
    return weight?.dims.every((size) => toInteger(size) === 1) ?? false;
  }

  /** Not a picture: a weight, nothing, or made of these and of sizes. */
  #isConstantOrSize(name: string): boolean {
    if (name === '' || this.#weights.has(name)) return true;
    const node = this.#makers.get(name);
    return (
      node !== undefined && (OF_SIZE.has(node.opType) || node.input.every((each) => this.#isConstantOrSize(each)))
    );
  }
}

const integer = ({ attribute }: Node, wanted: string, otherwise = 0): number =>
  toInteger(attribute.find(({ name }) => name === wanted)?.i ?? otherwise);

function text({ attribute }: Node, wanted: string): string {
  const value = attribute.find(({ name }) => name === wanted)?.s;
  return value ? new TextDecoder().decode(value) : '';
}

const ELEMENT_BYTES = new Map([
  [FLOAT, 4],
  [FLOAT16, 2],
]);

const isMovable = ({ dataType, dataLocation }: Tensor): boolean => ELEMENT_BYTES.has(dataType) && !dataLocation;

function apply(graph: Graph, { node, index, axis, block }: Change): void {
  const name = node.input[index] ?? '';
  const tensor = graph.initializer.find((weight) => weight.name === name) as Tensor;
  const changed = moved(tensor, axis, orderOf(block));
  // A weight that others use too gets a second self.
  const uses = graph.node.reduce((sum, { input }) => sum + input.filter((each) => each === name).length, 0);
  if (uses === 1) Object.assign(tensor, changed);
  else {
    const own = `${name}/gbr${graph.initializer.length}`;
    graph.initializer.push({ ...changed, name: own });
    node.input[index] = own;
  }
}

/** For each channel, the number of the one that comes to its place. */
function orderOf({ edge, placesFirst }: Change['block']): number[] {
  const places = edge ** 2;
  return Array.from({ length: 3 * places }, (_, i) => {
    const [plane, place] = placesFirst ? [i % 3, Math.floor(i / 3)] : [Math.floor(i / places), i % places];
    const from = RGB_OF_GBR[plane] as number;
    return placesFirst ? place * 3 + from : from * places + place;
  });
}

/** A tensor with the slices along an axis in another order. */
function moved(tensor: Tensor, axis: number, order: readonly number[]): Tensor {
  const dims = tensor.dims.map(toInteger);
  const outer = dims.slice(0, axis).reduce((product, size) => product * size, 1);
  const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1);
  const move = <T>(values: T, slice: (from: number, to: number) => void): T => {
    for (let o = 0; o < outer; o++)
      order.forEach((from, to) => slice((o * order.length + from) * inner, (o * order.length + to) * inner));
    return values;
  };
  const { rawData, floatData, int32Data } = tensor;
  if (rawData?.length) {
    const bytes = ELEMENT_BYTES.get(tensor.dataType) as number;
    const result = new Uint8Array(rawData.length);
    return {
      ...tensor,
      rawData: move(result, (from, to) => {
        result.set(rawData.subarray(from * bytes, (from + inner) * bytes), to * bytes);
      }),
    };
  }
  const key = floatData?.length ? 'floatData' : 'int32Data';
  const values = (floatData?.length ? floatData : int32Data) ?? [];
  const result = values.slice();
  return {
    ...tensor,
    [key]: move(result, (from, to) => {
      for (let i = 0; i < inner; i++) result[to + i] = values[from + i] as number;
    }),
  };
}
