import type { Pixels } from '../job/spec.js';
import { floats, integers, node } from './onnx/build.js';
import { raiseOpset } from './onnx/opset.js';
import {
  type Dimension,
  decodeModel,
  encodeModel,
  FLOAT,
  FLOAT16,
  type Graph,
  type Node,
  type OnnxModel,
  type Tensor,
  toInteger,
  UINT8,
  UINT16,
  type ValueInfo,
} from './onnx/schema.js';
import { reorderPlanes } from './planeOrder.js';
import { convertPrecision, type FloatPrecision } from './precision.js';

/** Before this version every initializer must also be listed as an input. */
const OLDEST_IR = 4;

/** Values of the network get this in front, so that none has a name that the graph around it uses. */
const PREFIX = 'model/';

export interface FrameGraphOptions {
  pixels: Pixels;
  /** Of a sample in the frames. */
  bitDepth: 8 | 16;
  /** What the network computes in; its file may hold either. */
  precision: FloatPrecision;
  /** Share of bicubic enlargement in the result, 0..1. */
  blend: number;
  /** How much the network enlarges; bicubic does the same. */
  scale: number;
  /** Told what a person should know of the conversion. */
  onNotice?: (message: string) => void;
}

/**
 * Puts a network (NCHW, float32 or float16, 0..1) between planar frames, so that a whole frame goes in and comes out
 * without a loop in JavaScript. With c = 3 for RGB and 1 for luma, and samples of uint8 or uint16:
 * - input `frame`: [1, c, h, w]; RGB as planes in the order G, B, R of the gbrp pixel format;
 * - output `upscaled`: [1, c, h*s, w*s], the same planes; clipped, rounded half to even;
 * - output `nan`: uint8 scalar, 1 when the network gave NaN or infinity anywhere (or numbers so large that their sum
 *   is infinite). onnxruntime computes it whether or not it is fetched; it costs one pass over the output.
 *
 * Values between 0 and 1 are code values over 255 or 65535, luma too, whatever its range. All but the network is
 * float32. A blend b gives (1 - b) * network + b * bicubic, before it is clipped; bicubic is that of cv2.INTER_CUBIC:
 * half-pixel centres, A = -0.75, the edge repeated.
 *
 * @param bytes an ONNX file that inspectModel accepts.
 * @throws Error when it is no such file, or cannot be converted to the precision.
 */
export function wrapForFrames(bytes: Uint8Array, options: FrameGraphOptions): Uint8Array {
  const model = decodeModel(bytes);
  const { input, output } = signatureOf(model);
  const { graph } = model;
  const { clipped } = convertPrecision(model, options.precision);
  if (clipped > 0)
    options.onNotice?.(
      `${clipped} weights of the model are beyond the range of half precision and were clipped to it`,
    );
  const swaps = options.pixels === 'rgb' && !reorderPlanes(graph, input.name, output.name);
  prefixValues(graph);
  const around = nodesAround(input, output, swaps, options);
  graph.node = [...around.before, ...graph.node, ...around.after];
  graph.initializer = [...graph.initializer, ...around.constants];
  const sample = options.bitDepth === 8 ? UINT8 : UINT16;
  graph.input = graph.input.map((other) =>
    other === input ? valueOf('frame', sample, input.type?.tensorType?.shape?.dim ?? []) : other,
  );
  graph.output = [
    valueOf('upscaled', sample, [{}, { dimValue: options.pixels === 'rgb' ? 3 : 1 }, {}, {}]),
    valueOf('nan', UINT8, []),
  ];
  model.irVersion = Math.max(OLDEST_IR, toInteger(model.irVersion));
  return encodeModel(model);
}

/**
 * Only operators that mean the same in every set from 11 on.
 * @param swaps whether the network needs its planes in the order R, G, B.
 */
function nodesAround(
  input: ValueInfo,
  output: ValueInfo,
  swaps: boolean,
  { bitDepth, blend, scale }: FrameGraphOptions,
): { before: Node[]; after: Node[]; constants: Tensor[] } {
  // Casts only where they do something: a graph that needs none is the simplest for the runtime to optimise.
  const halfIn = input.type?.tensorType?.elemType === FLOAT16;
  const halfOut = output.type?.tensorType?.elemType === FLOAT16;
  const [source, result, mixed] = [
    halfIn ? 'source' : input.name,
    halfOut ? 'result' : output.name,
    blend > 0 ? 'mixed' : halfOut ? 'result' : output.name,
  ];
  return {
    before: [
      ...(swaps ? rotation('frame', 'frame_rgb', 2) : []),
      node('Cast', [swaps ? 'frame_rgb' : 'frame'], ['frame_255'], { to: FLOAT }),
      node('Div', ['frame_255', 'white'], [source]),
      ...(halfIn ? [node('Cast', [source], [input.name], { to: FLOAT16 })] : []),
    ],
    after: [
      ...(halfOut ? [node('Cast', [output.name], [result], { to: FLOAT })] : []),
      ...(blend > 0 ? blendNodes(source, result, mixed) : []),
      node('Clip', [mixed, 'black', 'one'], ['clipped']),
      node('Mul', ['clipped', 'white'], ['upscaled_255']),
      node('Round', ['upscaled_255'], ['rounded']),
      node('Cast', ['rounded'], [swaps ? 'upscaled_rgb' : 'upscaled'], { to: bitDepth === 8 ? UINT8 : UINT16 }),
      ...(swaps ? rotation('upscaled_rgb', 'upscaled', 1) : []),
      // A mean with one NaN or infinity in it is not finite, and x - x is 0 for finite x only. A sum would be too
      // large for half precision, in which some devices compute it.
      node('ReduceMean', [result], ['mean'], { keepdims: 0 }),
      node('Sub', ['mean', 'mean'], ['zero_or_nan']),
      node('IsNaN', ['zero_or_nan'], ['is_nan']),
      node('Cast', ['is_nan'], ['nan'], { to: UINT8 }),
    ],
    constants: [
      ...(swaps ? [0, 1, 2, 3].map((n) => integers(`plane${n}`, [1], [n])) : []),
      floats('white', [], [2 ** bitDepth - 1]),
      floats('black', [], [0]),
      floats('one', [], [1]),
      ...(blend > 0
        ? [
            floats('whole', [0], []),
            floats('enlarge', [4], [1, 1, scale, scale]),
            floats('share', [], [blend]),
            floats('rest', [], [1 - blend]),
          ]
        : []),
    ],
  };
}

/**
 * Puts the planes from number `first` on before the others. OpenVINO 1.8.1 gives wrong planes where a convolution
 * follows a Gather of channels.
 */
const rotation = (from: string, to: string, first: 1 | 2): Node[] => [
  node('Slice', [from, `plane${first}`, 'plane3', 'plane1'], [`${to}_head`]),
  node('Slice', [from, 'plane0', `plane${first}`, 'plane1'], [`${to}_tail`]),
  node('Concat', [`${to}_head`, `${to}_tail`], [to], { axis: 1 }),
];

const blendNodes = (source: string, result: string, mixed: string): Node[] => [
  node('Resize', [source, 'whole', 'enlarge'], ['bicubic'], {
    mode: 'cubic',
    coordinate_transformation_mode: 'half_pixel',
    cubic_coeff_a: { float: -0.75 },
  }),
  node('Mul', ['bicubic', 'share'], ['bicubic_share']),
  node('Mul', [result, 'rest'], ['network_share']),
  node('Add', ['network_share', 'bicubic_share'], [mixed]),
];

const valueOf = (name: string, elemType: number, dim: Dimension[]): ValueInfo => ({
  name,
  type: { tensorType: { elemType, shape: { dim } } },
});

/**
 * The input and the output of a network that has one of each; its operator set is raised where it has to be and can
 * be.
 * @throws Error that says what is wrong, as the end of a sentence that names the file.
 */
export function signatureOf(model: OnnxModel): { input: ValueInfo; output: ValueInfo } {
  const weights = new Set(model.graph.initializer.map((tensor) => tensor.name));
  const inputs = model.graph.input.filter(({ name }) => !weights.has(name));
  const outputs = model.graph.output;
  if (!inputs[0] || inputs.length > 1) throw new Error(`has ${inputs.length} inputs instead of one`);
  if (!outputs[0] || outputs.length > 1) throw new Error(`has ${outputs.length} outputs instead of one`);
  raiseOpset(model);
  return { input: inputs[0], output: outputs[0] };
}

/**
 * Renames every value of a graph and of the graphs within its nodes (branches and loops see the values around them).
 */
function prefixValues(graph: Graph): void {
  const prefixed = (name: string): string => (name === '' ? '' : PREFIX + name);
  for (const named of [
    ...graph.input,
    ...graph.output,
    ...graph.valueInfo,
    ...graph.initializer,
    ...graph.sparseInitializer.map((sparse) => sparse.values),
  ]) {
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
