import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import { activations } from './activations.js';
import { arithmetic } from './arithmetic.js';
import { type Blob, type Building, Context, type Converter, MOST_CHANNELS } from './context.js';
import { convolutions } from './convolutions.js';
import { crops } from './crop.js';
import type { Layer } from './param.js';
import { resampling } from './resampling.js';

/**
 * Layers by ncnn's names. What their parameters mean:
 * https://github.com/Tencent/ncnn/blob/master/docs/developer-guide/operators.md
 */
const converters = new Map<string, Converter>([
  ...convolutions,
  ...activations,
  ...arithmetic,
  ...resampling,
  ...crops,
  ['Split', { reads: [1, 1], append: (layer) => layer.first }],
]);

/**
 * Appends the ONNX nodes of one layer.
 * @param out the ONNX name of what the layer makes.
 * @returns one blob for each of its tops.
 * @throws UserError when the layer, or something that it asks for, has no conversion here.
 */
export function convertLayer(layer: Layer, inputs: Blob[], out: string, building: Building): Blob[] {
  const label = quote(`${layer.type} ${layer.name}`).slice(1, -1);
  const convert = converters.get(layer.type);
  if (!convert)
    throw new UserError(`layer ${label} cannot be converted: only ${[...converters.keys()].join(', ')} are supported`);
  const [least, most] = convert.reads;
  if (inputs.length < least || inputs.length > most)
    throw new UserError(`layer ${label} reads ${inputs.length} blobs, which is not supported`);
  const wanted = layer.type === 'Split' ? layer.tops.length : 1;
  if (layer.tops.length !== wanted)
    throw new UserError(`layer ${label} makes ${layer.tops.length} blobs, which is not supported`);
  const context = new Context(layer, label, inputs, out, building);
  const blob = { ...convert.append(context), name: context.out };
  // Concatenations could double them with every line of the file.
  if (blob.channels > MOST_CHANNELS)
    throw new UserError(`layer ${label} makes ${blob.channels} channels, more than any network has`);
  // A split only names its input again: ONNX values may be read any number of times.
  return layer.type === 'Split' ? layer.tops.map(() => context.first) : [blob];
}
