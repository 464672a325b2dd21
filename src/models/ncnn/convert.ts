import { UserError } from '../../job/errors.js';
import { model, node, value } from '../onnx/build.js';
import { encodeModel, FLOAT } from '../onnx/schema.js';
import { convertLayer, type Blob, type Building } from './layers.js';
import { parseParam, type Layer } from './param.js';
import { WeightReader } from './weights.js';

/**
 * Converts an ncnn network that maps one RGB picture to another into ONNX: input `input` [1, 3, h, w], output `output`,
 * float32, any size. The same files always give the same bytes.
 * @param param text of the `.param` file.
 * @param bin bytes of the `.bin` file.
 * @throws UserError with one line when the files are broken, do not belong together or hold a layer that has no conversion.
 */
export function convertNcnn(param: string, bin: Uint8Array): Uint8Array {
  const layers = parseParam(param);
  const output = onlyOutput(layers);
  const building: Building = { nodes: [], tensors: [], weights: new WeightReader(bin) };
  const blobs = new Map<string, Blob>();
  for (const layer of layers) {
    if (layer.type === 'Input') {
      if (blobs.size > 0 || layer.tops.length !== 1) throw new UserError('the network has more than one input');
      blobs.set(layer.tops[0] as string, { name: 'input', channels: 3 });
      continue;
    }
    const inputs = layer.bottoms.map((name) => blobs.get(name) as Blob);
    const [top = ''] = layer.tops;
    const made = convertLayer(layer, inputs, top === output ? 'output' : `blob/${top}`, building);
    layer.tops.forEach((name, i) => blobs.set(name, made[i] as Blob));
  }
  building.weights.end();

  const last = blobs.get(output) as Blob;
  if (last.channels !== 3) throw new UserError(`the network makes ${last.channels} channels instead of 3`);
  // Where the last layer is a split or the input itself, nothing has that name yet.
  if (last.name !== 'output') building.nodes.push(node('Identity', [last.name], ['output']));
  return encodeModel(model({
    name: 'ncnn',
    node: building.nodes,
    initializer: building.tensors,
    input: [value('input', FLOAT, [1, 3, 'h', 'w'])],
    output: [value('output', FLOAT, [1, 3, 'oh', 'ow'])],
  }));
}

/** The one blob that nothing reads. */
function onlyOutput(layers: Layer[]): string {
  const read = new Set(layers.flatMap((layer) => layer.bottoms));
  const [output, ...others] = layers.flatMap((layer) => layer.tops).filter((blob) => !read.has(blob));
  if (output === undefined || others.length > 0) throw new UserError(`the network has ${others.length + (output === undefined ? 0 : 1)} outputs instead of one`);
  return output;
}
