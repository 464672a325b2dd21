import { floats, integers, node } from './onnx/build.js';
import { decodeModel, encodeModel, FLOAT, toInteger, UINT8, type Dimension, type Graph, type OnnxModel, type ValueInfo } from './onnx/schema.js';

/** The oldest operator set that knows every operator used around a network (Round, Clip with its limits as inputs). */
const OLDEST_OPSET = 11;
/** Before this version every initializer must also be listed as an input. */
const OLDEST_IR = 4;

/** Values of the network get this in front, so that none has a name that the graph around it uses. */
const PREFIX = 'model/';

/**
 * Puts a network of RGB pictures (NCHW, float32, 0..1) between 8-bit planar frames, so that a whole frame goes in and comes
 * out without a loop in JavaScript:
 * - input `frame`: uint8 [1, 3, h, w], planes in the order G, B, R of the gbrp pixel format;
 * - output `upscaled`: uint8 [1, 3, h*s, w*s], the same planes; clipped, rounded half to even;
 * - output `nan`: uint8 scalar, 1 when the network gave NaN or infinity anywhere (or numbers so large that their sum is
 *   infinite). onnxruntime computes it whether or not it is fetched; it costs one pass over the output.
 *
 * @param bytes an ONNX file that inspectModel accepts.
 * @throws Error when it is no such file.
 */
export function wrapForFrames(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes);
  const { input, output } = endsOf(model);
  const { graph } = model;
  prefixValues(graph);
  // Only operators that mean the same in every set from 11 on.
  graph.node = [
    node('Gather', ['frame', 'rgb_of_gbr'], ['frame_rgb'], { axis: 1 }),
    node('Cast', ['frame_rgb'], ['frame_255'], { to: FLOAT }),
    node('Div', ['frame_255', 'white'], [input.name]),
    ...graph.node,
    node('Clip', [output.name, 'black', 'one'], ['clipped']),
    node('Mul', ['clipped', 'white'], ['upscaled_255']),
    node('Round', ['upscaled_255'], ['rounded']),
    node('Cast', ['rounded'], ['upscaled_rgb'], { to: UINT8 }),
    node('Gather', ['upscaled_rgb', 'gbr_of_rgb'], ['upscaled'], { axis: 1 }),
    // A sum with one NaN or infinity in it is not finite, and x - x is 0 for finite x only.
    node('ReduceSum', [output.name], ['sum'], { keepdims: 0 }),
    node('Sub', ['sum', 'sum'], ['zero_or_nan']),
    node('IsNaN', ['zero_or_nan'], ['is_nan']),
    node('Cast', ['is_nan'], ['nan'], { to: UINT8 }),
  ];
  graph.initializer = [
    ...graph.initializer,
    integers('rgb_of_gbr', [3], [2, 0, 1]),
    integers('gbr_of_rgb', [3], [1, 2, 0]),
    floats('white', [], [255]),
    floats('black', [], [0]),
    floats('one', [], [1]),
  ];
  graph.input = graph.input.map((other) => (other === input ? bytesValue('frame', input.type?.tensorType?.shape?.dim ?? []) : other));
  graph.output = [bytesValue('upscaled', [{}, { dimValue: 3 }, {}, {}]), bytesValue('nan', [])];
  model.irVersion = Math.max(OLDEST_IR, toInteger(model.irVersion));
  return encodeModel(model);
}

const bytesValue = (name: string, dim: Dimension[]): ValueInfo => ({ name, type: { tensorType: { elemType: UINT8, shape: { dim } } } });

/**
 * The input and the output of a network that has one of each.
 * @throws Error that says what is wrong, as the end of a sentence that names the file.
 */
export function endsOf(model: OnnxModel): { input: ValueInfo; output: ValueInfo } {
  const weights = new Set(model.graph.initializer.map((tensor) => tensor.name));
  const inputs = model.graph.input.filter(({ name }) => !weights.has(name));
  const outputs = model.graph.output;
  if (!inputs[0] || inputs.length > 1) throw new Error(`has ${inputs.length} inputs instead of one`);
  if (!outputs[0] || outputs.length > 1) throw new Error(`has ${outputs.length} outputs instead of one`);
  const opset = toInteger(model.opsetImport.find(({ domain }) => !domain || domain === 'ai.onnx')?.version ?? 0);
  if (opset < OLDEST_OPSET) throw new Error(`uses ONNX operator set ${opset}, but ${OLDEST_OPSET} or later is needed: export it again`);
  return { input: inputs[0], output: outputs[0] };
}

/** Renames every value of a graph and of the graphs within its nodes (branches and loops see the values around them). */
function prefixValues(graph: Graph): void {
  const prefixed = (name: string): string => (name === '' ? '' : PREFIX + name);
  for (const named of [...graph.input, ...graph.output, ...graph.valueInfo, ...graph.initializer, ...graph.sparseInitializer.map((sparse) => sparse.values)]) {
    named.name = prefixed(named.name);
  }
  for (const annotation of graph.quantizationAnnotation) {
    annotation.tensorName = prefixed(annotation.tensorName);
    for (const parameter of annotation.quantParameterTensorNames) parameter.value = prefixed(parameter.value);
  }
  for (const each of graph.node) {
    each.input = each.input.map(prefixed);
    each.output = each.output.map(prefixed);
    for (const attribute of each.attribute) {
      if (attribute.g) prefixValues(attribute.g);
      attribute.graphs?.forEach(prefixValues);
    }
  }
}
