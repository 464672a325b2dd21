import { type OnnxModel, toInteger } from './schema.js';

/** The oldest operator set that knows every operator used around a network (Round, Clip with its limits as inputs). */
const OLDEST = 11;
/** From this set on, until 11, the operators below mean the same; before it, broadcasting was written otherwise. */
const OLDEST_ALIKE = 7;
const ALIKE = new Set([
  'Add',
  'AveragePool',
  'Cast',
  'Concat',
  'Constant',
  'Conv',
  'ConvTranspose',
  'DepthToSpace',
  'Div',
  'Elu',
  'Exp',
  'Gather',
  'GlobalAveragePool',
  'Identity',
  'LeakyRelu',
  'MaxPool',
  'Mul',
  'Neg',
  'PRelu',
  'Pow',
  'Relu',
  'Reshape',
  'Shape',
  'Sigmoid',
  'Softplus',
  'SpaceToDepth',
  'Sqrt',
  'Sub',
  'Tanh',
  'Transpose',
  'Unsqueeze',
]);

/**
 * Makes a network of an older operator set one of a set that others can be joined to, where all of its operators mean
 * the same in both.
 * @throws Error that says what is wrong, as the end of a sentence that names the file.
 */
export function raiseOpset(model: OnnxModel): void {
  const own = model.opsetImport.find(({ domain }) => !domain || domain === 'ai.onnx');
  const version = toInteger(own?.version ?? 0);
  if (own === undefined || version < OLDEST_ALIKE) throw tooOld(version);
  if (version >= OLDEST) return;
  if (!model.graph.node.every(({ opType, domain }) => !domain && ALIKE.has(opType))) throw tooOld(version);
  own.version = OLDEST;
}

const tooOld = (version: number): Error =>
  new Error(`uses ONNX operator set ${version}, but ${OLDEST} or later is needed: export it again`);
