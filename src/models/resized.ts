import { signatureOf } from './graph.js';
import { floats, node, value } from './onnx/build.js';
import { decodeModel, encodeModel, FLOAT } from './onnx/schema.js';

/**
 * Puts a bicubic resize (half-pixel centres, A = -0.75, no antialiasing) behind a network, as Real-ESRGAN's own files
 * for the smaller scales of animevideov3 have it. The same bytes always give the same bytes.
 * @param bytes an ONNX network of RGB pictures in float32.
 */
export function resized(bytes: Uint8Array, factor: number): Uint8Array {
  const model = decodeModel(bytes);
  const { graph } = model;
  const { output } = signatureOf(model);
  const name = 'resized/output';
  graph.node.push(
    node('Resize', [output.name, '', 'resized/scales'], [name], {
      mode: 'cubic',
      coordinate_transformation_mode: 'half_pixel',
      cubic_coeff_a: { float: -0.75 },
    }),
  );
  graph.initializer.push(floats('resized/scales', [4], [1, 1, factor, factor]));
  graph.output = [value(name, FLOAT, [1, 3, 'resized_height', 'resized_width'])];
  return encodeModel(model);
}
