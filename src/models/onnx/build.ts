import {
  type Attribute,
  type Dimension,
  FLOAT,
  type Graph,
  INT64,
  type Node,
  type OnnxModel,
  type Tensor,
  type ValueInfo,
} from './schema.js';

/** Operators are used as this set defines them; onnxruntime reads it, and IR 8, from 1.12 on. */
const OPSET = 17;
const IR_VERSION = 8;

export type AttributeValue = number | { float: number } | string | number[];

/** An attribute of AttributeProto.AttributeType: a bare number is an integer, `{ float }` is not. */
function attribute(name: string, value: AttributeValue): Attribute {
  if (typeof value === 'number') return { name, type: 2, i: value };
  if (typeof value === 'string') return { name, type: 3, s: new TextEncoder().encode(value) };
  if (Array.isArray(value)) return { name, type: 7, ints: value };
  return { name, type: 1, f: value.float };
}

export function node(
  opType: string,
  input: string[],
  output: string[],
  attributes: Record<string, AttributeValue> = {},
  name = '',
): Node {
  return {
    opType,
    input,
    output,
    name,
    attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
  };
}

/** @param dims sizes; `[]` for a scalar. @throws RangeError when the values do not fill them exactly. */
export function floats(name: string, dims: number[], values: ArrayLike<number>): Tensor {
  expectCount(name, dims, values.length);
  const rawData = new Uint8Array(values.length * 4);
  const view = new DataView(rawData.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i] as number, true);
  return { name, dims, dataType: FLOAT, rawData };
}

/** @param values integers. */
export function integers(name: string, dims: number[], values: number[]): Tensor {
  expectCount(name, dims, values.length);
  const rawData = new Uint8Array(values.length * 8);
  const view = new DataView(rawData.buffer);
  values.forEach((value, i) => {
    view.setBigInt64(i * 8, BigInt(value), true);
  });
  return { name, dims, dataType: INT64, rawData };
}

function expectCount(name: string, dims: number[], count: number): void {
  const wanted = dims.reduce((product, size) => product * size, 1);
  if (wanted !== count) throw new RangeError(`${name}: ${count} values do not fill ${dims.join('x') || 'a scalar'}`);
}

/** @param dims a number is a fixed size, a text names a dynamic one. */
export function value(name: string, elemType: number, dims: (number | string)[]): ValueInfo {
  const dim = dims.map((size): Dimension => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export type GraphParts = Pick<Graph, 'name' | 'node' | 'initializer' | 'input' | 'output'>;

export function model(parts: GraphParts, opset = OPSET): OnnxModel {
  return {
    irVersion: IR_VERSION,
    producerName: 'reelscale',
    graph: { ...parts, valueInfo: [], quantizationAnnotation: [], sparseInitializer: [] },
    opsetImport: [{ domain: '', version: opset }],
  };
}
