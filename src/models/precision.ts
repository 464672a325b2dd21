import { node } from './onnx/build.js';
import { halfToFloat, toHalf } from './onnx/half.js';
import {
  type Attribute,
  BOOL,
  FLOAT,
  FLOAT16,
  type Graph,
  INT64,
  type Node,
  type OnnxModel,
  type Tensor,
  toInteger,
} from './onnx/schema.js';

export type FloatPrecision = 'fp32' | 'fp16';

/** Inputs that the operator's definition wants in float32, whatever the picture is in: the region and the scales. */
const FLOAT32_INPUTS: Readonly<Record<string, readonly number[]>> = { Resize: [1, 2] };
/** What these give depends on the picture's size only. */
const OF_SIZE = new Set(['Shape', 'Size']);
const GIVES_BOOL = new Set([
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'And',
  'Or',
  'Not',
  'Xor',
  'IsNaN',
  'IsInf',
]);

/**
 * Makes a network compute in float32 or in float16 (IEEE half precision), in place: the values that come from the
 * picture, and the weights that meet them. Arithmetic on sizes, which float16 could not count, and the inputs that an
 * operator wants in float32 stay as they are. Weights are rounded half to even. A network whose input and output have
 * the precision is left alone.
 * @returns how many weights were beyond float16's range and became its largest numbers.
 * @throws Error, as the end of a sentence that names the file, for networks with branches or loops.
 */
export function convertPrecision(model: OnnxModel, precision: FloatPrecision): { clipped: number } {
  const { graph } = model;
  const [from, to] = precision === 'fp16' ? [FLOAT, FLOAT16] : [FLOAT16, FLOAT];
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const ends = [...graph.input.filter(({ name }) => !weights.has(name)), ...graph.output];
  if (!ends.some(({ type }) => type?.tensorType?.elemType === from)) return { clipped: 0 };
  if (graph.node.some(({ attribute }) => attribute.some(({ g, graphs }) => g || graphs?.length)))
    throw new Error(`has branches or loops, which are not converted to ${precision}`);
  hoistConstants(graph);
  const picture = fromPicture(
    graph,
    graph.input.filter(({ name }) => !weights.has(name)).map(({ name }) => name),
  );
  const casts = new Casts(graph, picture, from, to);
  graph.node = graph.node.flatMap((each) => {
    if (!isOfPicture(each, picture)) return [each];
    for (const attribute of each.attribute) {
      if (['to', 'dtype'].includes(attribute.name) && toInteger(attribute.i ?? 0) === from) attribute.i = to;
    }
    return [...casts.before(each), each];
  });
  for (const value of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    const type = value.type?.tensorType;
    if (type?.elemType === from && (picture.has(value.name) || casts.converted.has(value.name))) type.elemType = to;
  }
  return { clipped: casts.clipped };
}

/** Constants become weights, so that there is one kind of them. */
function hoistConstants(graph: Graph): void {
  graph.node = graph.node.filter(({ opType, domain, attribute, output: [name = ''] }) => {
    const tensor = opType === 'Constant' && !domain ? constantOf(attribute[0]) : undefined;
    if (tensor) graph.initializer.push({ ...tensor, name });
    return !tensor;
  });
}

function constantOf(attribute: Attribute | undefined): Tensor | undefined {
  switch (attribute?.name) {
    case 'value':
      return attribute.t ?? undefined;
    case 'value_float':
      return { name: '', dims: [], dataType: FLOAT, floatData: [attribute.f ?? 0] };
    case 'value_floats':
      return { name: '', dims: [attribute.floats?.length ?? 0], dataType: FLOAT, floatData: attribute.floats ?? [] };
    default:
      return undefined;
  }
}

const isOfPicture = ({ opType, input }: Node, picture: ReadonlySet<string>): boolean =>
  !OF_SIZE.has(opType) && input.some((name) => picture.has(name));

/**
 * All values that depend on more of the picture than its size. Nodes are in the order of their use, as ONNX wants
 * them.
 */
function fromPicture(graph: Graph, inputs: string[]): Set<string> {
  const picture = new Set(inputs);
  for (const each of graph.node) {
    if (isOfPicture(each, picture)) each.output.forEach((name) => picture.add(name));
  }
  return picture;
}

/** Sees to it that the other inputs of nodes that work on the picture have its type. */
class Casts {
  readonly #graph: Graph;
  readonly #picture: ReadonlySet<string>;
  readonly #from: number;
  readonly #to: number;
  readonly #types: ReadonlyMap<string, number>;
  readonly #kept: ReadonlySet<string>;
  /** What a value in the old type is called in the new one. */
  readonly #names = new Map<string, string>();
  /** Weights that were converted in their place. */
  readonly converted = new Set<string>();
  clipped = 0;

  constructor(graph: Graph, picture: ReadonlySet<string>, from: number, to: number) {
    this.#graph = graph;
    this.#picture = picture;
    this.#from = from;
    this.#to = to;
    this.#types = typesOfOthers(graph, picture);
    this.#kept = new Set(
      graph.node.flatMap((each) =>
        each.input.filter((_, i) => !isOfPicture(each, picture) || isFloat32Input(each, i)),
      ),
    );
  }

  /** Renames the inputs of a node to values of the right type. @returns the nodes that make those. */
  before(each: Node): Node[] {
    const made: Node[] = [];
    each.input = each.input.map((name, i) => {
      if (isFloat32Input(each, i)) {
        if (!this.#picture.has(name)) return name;
        made.push(node('Cast', [name], [`${name}/float32`], { to: FLOAT }));
        return `${name}/float32`;
      }
      return this.#types.get(name) === this.#from ? this.#inNewType(name, made) : name;
    });
    return made;
  }

  #inNewType(name: string, made: Node[]): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const tensor = this.#graph.initializer.find((weight) => weight.name === name);
    // A weight that is also needed as it was gets a second self.
    const converted = tensor && !this.#kept.has(name) ? name : `${name}/converted`;
    this.#names.set(name, converted);
    if (!tensor) {
      made.push(node('Cast', [name], [converted], { to: this.#to }));
    } else if (converted === name) {
      this.converted.add(name);
      Object.assign(tensor, this.#convert(tensor));
    } else {
      this.#graph.initializer.push({ ...this.#convert(tensor), name: converted });
    }
    return converted;
  }

  #convert(tensor: Tensor): Tensor {
    const rest = { ...tensor, dataType: this.#to, floatData: [], int32Data: [] };
    if (this.#to === FLOAT) return { ...rest, rawData: bytesOf(Float32Array.from(halvesOf(tensor), halfToFloat)) };
    const { halves, clipped } = toHalf(singlesOf(tensor));
    this.clipped += clipped;
    return { ...rest, rawData: bytesOf(halves) };
  }
}

const isFloat32Input = ({ opType }: Node, index: number): boolean => FLOAT32_INPUTS[opType]?.includes(index) ?? false;

/** Types of weights and of values that depend on the picture's size only, as far as they matter here. */
function typesOfOthers(graph: Graph, picture: ReadonlySet<string>): Map<string, number> {
  const types = new Map(graph.initializer.map(({ name, dataType }) => [name, dataType]));
  for (const each of graph.node) {
    if (isOfPicture(each, picture)) continue;
    const type = typeOf(each, types);
    if (type !== undefined) each.output.forEach((name) => types.set(name, type));
  }
  return types;
}

function typeOf({ opType, input, attribute }: Node, types: ReadonlyMap<string, number>): number | undefined {
  const attributeOf = (wanted: string) => attribute.find(({ name }) => name === wanted);
  if (OF_SIZE.has(opType)) return INT64;
  if (GIVES_BOOL.has(opType)) return BOOL;
  if (opType === 'Cast') return toInteger(attributeOf('to')?.i ?? 0);
  if (opType === 'ConstantOfShape') return attributeOf('value')?.t?.dataType ?? FLOAT;
  return types.get((opType === 'Where' ? input[1] : input[0]) ?? '');
}

/** Raw data is little-endian, and so are the machines that onnxruntime-node runs on. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function singlesOf({ rawData, floatData }: Tensor): ArrayLike<number> {
  return rawData?.length ? new Float32Array(Uint8Array.from(rawData).buffer) : (floatData ?? []);
}

function halvesOf({ rawData, int32Data }: Tensor): ArrayLike<number> {
  return rawData?.length ? new Uint16Array(Uint8Array.from(rawData).buffer) : (int32Data ?? []);
}
