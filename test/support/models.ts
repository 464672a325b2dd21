import { writeFile } from 'node:fs/promises';
import { floats, model, node, value } from '../../src/models/onnx/build.js';
import { encodeModel, FLOAT, type Node, type Tensor } from '../../src/models/onnx/schema.js';

export interface TinyModelOptions {
  /** Default 2. */
  scale?: number;
  /**
   * Convolution layers (3x3, 128 channels between them) that cost time and, unless `filtered`, change nothing. Default
   * 1.
   */
  work?: number;
  /**
   * picture: nearest-neighbour upsampling, exact; filtered: the same, plus a little of what the convolutions give;
   * black: zeros, or zeros in half precision only; nan: not a number everywhere.
   */
  output?: 'picture' | 'filtered' | 'black' | 'black in half' | 'nan';
  /** 3 for RGB (default), 1 for luma. */
  channels?: 1 | 3;
  /** Of the graph: networks that differ in it alone are different models that cost the same. Default: tiny. */
  name?: string;
  /** The only size that it takes. Default: any. */
  fixed?: { width: number; height: number };
}

const FEATURES = 128;
/** Some code values of 255, which checks of pictures let pass. */
const FAINT = 0.02;
/** The smallest number of half precision is 6e-8; in float32 the loss is made up for by what follows. */
const FACTORS: Partial<Record<NonNullable<TinyModelOptions['output']>, number>> = {
  black: 0,
  'black in half': 1 / 9e8,
};

/**
 * Writes a super-resolution net whose output is known: input `input` [1,3,h,w] (or [1,1,h,w]) float32 0..1, output
 * `output`.
 */
export async function tinyModel(file: string, options: TinyModelOptions = {}): Promise<string> {
  const { scale = 2, work = 1, output = 'picture', channels = 3, name = 'tiny', fixed } = options;
  const nodes: Node[] = [];
  const weights: Tensor[] = [];
  let last = 'input';
  for (let i = 0; i < work; i++) {
    const from = i === 0 ? channels : FEATURES;
    const to = i === work - 1 ? channels : FEATURES;
    weights.push(floats(`weight${i}`, [to, from, 3, 3], lastingWeights(to * from * 9)));
    nodes.push(node('Conv', [last, `weight${i}`], [`conv${i}`], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }));
    last = `conv${i}`;
  }
  weights.push(
    floats('share', [], [output === 'filtered' ? FAINT : 0]),
    floats('factor', [], [FACTORS[output] ?? 1]),
    floats('inverse', [], [output === 'black in half' ? 30_000 : 1]),
  );
  weights.push(
    floats('offset', [], [output === 'nan' ? NaN : 0]),
    floats('whole', [0], []),
    floats('scales', [4], [1, 1, scale, scale]),
  );
  nodes.push(
    node('Mul', [last, 'share'], ['more']),
    node('Add', ['input', 'more'], ['sum']),
    node('Mul', ['sum', 'factor'], ['lit']),
    node('Mul', ['lit', 'inverse'], ['brighter']),
    node('Mul', ['brighter', 'inverse'], ['brightest']),
    node('Add', ['brightest', 'offset'], ['shifted']),
    node('Resize', ['shifted', 'whole', 'scales'], ['output'], {
      mode: 'nearest',
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  );
  const graph = {
    name,
    node: nodes,
    initializer: weights,
    input: [value('input', FLOAT, [1, channels, fixed?.height ?? 'h', fixed?.width ?? 'w'])],
    output: [value('output', FLOAT, [1, channels, 'oh', 'ow'])],
  };
  await writeFile(file, encodeModel(model(graph)));
  return file;
}

/**
 * Pictures in 0..1 neither grow nor fade away in any number of layers: a processor takes thirty times as long for
 * numbers that are too small to be normal.
 */
function lastingWeights(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (((i * 37) % 19) - 9) / 81);
}
