import { UserError } from '../../lib/errors.js';
import { integers, model, node, value } from '../onnx/build.js';
import { encodeModel, FLOAT } from '../onnx/schema.js';
import type { Blob, Building } from './context.js';
import type { Extent } from './extent.js';
import { convertLayer } from './layers.js';
import { type Layer, parseParam } from './param.js';
import { WeightReader } from './weights.js';

/**
 * Converts an ncnn network that maps one RGB picture to another into ONNX: input `input` [1, 3, h, w], output
 * `output`, float32, any size. The same files always give the same bytes.
 * @param param text of the `.param` file.
 * @param bin bytes of the `.bin` file.
 * @throws UserError with one line when the files are broken, do not belong together or hold a layer that has no
 * conversion.
 */
export function convertNcnn(param: string, bin: Uint8Array): Uint8Array {
  const layers = parseParam(param);
  const output = onlyOutput(layers);
  const building: Building = { nodes: [], tensors: [], weights: new WeightReader(bin) };
  const blobs = new Map<string, Blob>();
  for (const layer of layers) {
    if (layer.type === 'Input') {
      if (blobs.size > 0 || layer.tops.length !== 1) throw new UserError('the network has more than one input');
      blobs.set(layer.tops[0] as string, { name: 'input', channels: 3, height: INPUT, width: INPUT });
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
  padInput(building, last);
  // Where the last layer is a split or the input itself, nothing has that name yet.
  if (last.name !== 'output') building.nodes.push(node('Identity', [last.name], ['output']));
  return encodeModel(
    model({
      name: 'ncnn',
      node: building.nodes,
      initializer: building.tensors,
      input: [value('input', FLOAT, [1, 3, 'h', 'w'])],
      output: [value('output', FLOAT, [1, 3, 'oh', 'ow'])],
    }),
  );
}

const INPUT: Extent = { factor: 1, offset: 0 };

/**
 * Networks without padding within (waifu2x, Real-CUGAN) make a picture that is smaller by what they see around it.
 * Their programs give them a larger one, its edge repeated; so does the graph, in front.
 */
function padInput({ nodes, tensors }: Building, { height, width }: Blob): void {
  const pads = [height, width].map(({ factor, offset }) => -offset / factor / 2);
  if (pads.every((pad) => pad === 0) || !pads.every((pad) => Number.isInteger(pad) && pad > 0)) return;
  for (const each of nodes) each.input = each.input.map((name) => (name === 'input' ? 'padded' : name));
  const [top = 0, left = 0] = pads;
  tensors.push(integers('pads', [8], [0, 0, top, left, 0, 0, top, left]));
  nodes.unshift(node('Pad', ['input', 'pads'], ['padded'], { mode: 'edge' }));
}

/** The one blob that nothing reads. */
function onlyOutput(layers: Layer[]): string {
  const read = new Set(layers.flatMap((layer) => layer.bottoms));
  const [output, ...others] = layers.flatMap((layer) => layer.tops).filter((blob) => !read.has(blob));
  if (output === undefined || others.length > 0)
    throw new UserError(`the network has ${others.length + (output === undefined ? 0 : 1)} outputs instead of one`);
  return output;
}
