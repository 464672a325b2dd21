import { signatureOf } from './graph.js';
import { requireHarmless } from './harmless.js';
import type { Inspected } from './inspected.js';
import { decodeModel, FLOAT, FLOAT16, fixedSize, type OnnxModel, type ValueInfo } from './onnx/schema.js';
import { firstLine, UnsupportedModel } from './unsupported.js';

export interface Size {
  height: number;
  width: number;
}

/** What a network says about itself. */
export interface GraphSignature {
  model: OnnxModel;
  input: string;
  output: string;
  precision: Inspected['precision'];
  pixels: Inspected['pixels'];
  fixed: Size | undefined;
}

/** @throws UnsupportedModel when the bytes are no ONNX network of one picture, or one that must not be opened. */
export function readSignature(bytes: Uint8Array): GraphSignature {
  let model: OnnxModel;
  try {
    model = decodeModel(bytes);
    requireHarmless(bytes, model);
  } catch (error) {
    throw error instanceof UnsupportedModel ? error : new UnsupportedModel('is not an ONNX file');
  }
  let ends: ReturnType<typeof signatureOf>;
  try {
    ends = signatureOf(model);
  } catch (error) {
    throw new UnsupportedModel(firstLine(error));
  }
  const { input, output } = ends;
  return { model, input: input.name, output: output.name, precision: precisionOf(input, output), ...pictureOf(input) };
}

const PRECISIONS = new Map<number | undefined, Inspected['precision']>([
  [FLOAT, 'fp32'],
  [FLOAT16, 'fp16'],
]);

function precisionOf(input: ValueInfo, output: ValueInfo): Inspected['precision'] {
  const [taken, given] = [input, output].map((end) => PRECISIONS.get(end.type?.tensorType?.elemType));
  if (!taken) throw new UnsupportedModel('does not take float32 or float16: export it with float32 input and output');
  if (given !== taken)
    throw new UnsupportedModel(`takes ${taken} and does not give it: export it with float32 input and output`);
  return taken;
}

function pictureOf(input: ValueInfo): Pick<GraphSignature, 'pixels' | 'fixed'> {
  const dims = input.type?.tensorType?.shape?.dim;
  if (dims?.length !== 4)
    throw new UnsupportedModel(
      `takes ${dims?.length ?? 'an unknown number of'} dimensions instead of 4 (1, 3, height, width)`,
    );
  const [batch = 1, channels = 3, height, width] = dims.map(fixedSize);
  if (batch !== 1) throw new UnsupportedModel(`takes ${batch} pictures at a time instead of 1`);
  if (channels !== 3 && channels !== 1)
    throw new UnsupportedModel(`takes ${channels} channels instead of 3 (RGB) or 1 (luma)`);
  // Where one of them is free, a square is as good as any.
  const edge = height ?? width;
  const fixed = edge === undefined ? undefined : { height: height ?? edge, width: width ?? edge };
  return { pixels: channels === 3 ? 'rgb' : 'luma', fixed };
}
