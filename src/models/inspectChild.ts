import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { endsOf, wrapForFrames } from './graph.js';
import type { Answer, Inspected } from './inspected.js';
import { decodeModel, FLOAT, fixedSize, type OnnxModel, type ValueInfo } from './onnx/schema.js';

/**
 * A process of its own that opens the ONNX file named by its argument, tries it, and prints an Answer as JSON. Whatever the
 * file does to the runtime, it does to this process only.
 */

const HIGHEST_SCALE = 8;
/** Pictures that a network of any size is tried with. */
const TRIALS: Size[] = [{ height: 16, width: 16 }, { height: 20, width: 24 }];

interface Size {
  height: number;
  width: number;
}

/** Its message ends a sentence that begins with the file's name. */
class Unfit extends Error {}

async function inspect(file: string): Promise<Inspected> {
  const bytes = readFileSync(file);
  const { input, output } = readEnds(bytes);
  const fixed = fixedPicture(input);
  const session = await open(bytes);
  const scales: number[] = [];
  for (const size of fixed ? [fixed] : TRIALS) scales.push(await measureScale(session, input.name, output.name, size));
  await session.release();
  const [scale = 0] = scales;
  if (scales.some((other) => other !== scale)) throw new Unfit(`enlarges pictures of different sizes by different factors: ${scales.join(', ')}`);
  await (await open(wrapForFrames(bytes, { pixels: 'rgb', bitDepth: 8, precision: 'fp32', blend: 0, scale }))).release();
  return {
    digest: createHash('sha256').update(bytes).digest('hex'),
    scale,
    channels: 3,
    inputName: input.name,
    outputName: output.name,
    precision: 'fp32',
    dynamic: !fixed,
  };
}

function readEnds(bytes: Uint8Array): ReturnType<typeof endsOf> {
  let model: OnnxModel;
  try {
    model = decodeModel(bytes);
  } catch {
    throw new Unfit('is not an ONNX file');
  }
  if (model.graph.initializer.some((tensor) => tensor.dataLocation === 1)) throw new Unfit('keeps its weights in another file: export it with the weights inside');
  try {
    return endsOf(model);
  } catch (error) {
    throw new Unfit(firstLine(error));
  }
}

/** @returns the only size that the network takes; undefined when it takes any. */
function fixedPicture(input: ValueInfo): Size | undefined {
  const type = input.type?.tensorType;
  if (type?.elemType !== FLOAT) throw new Unfit('does not take float32: export it with float32 input and output');
  const dims = type.shape?.dim;
  if (dims?.length !== 4) throw new Unfit(`takes ${dims?.length ?? 'an unknown number of'} dimensions instead of 4 (1, 3, height, width)`);
  const [batch, channels, height, width] = dims.map(fixedSize);
  if ((batch ?? 1) !== 1) throw new Unfit(`takes ${batch} pictures at a time instead of 1`);
  if ((channels ?? 3) !== 3) throw new Unfit(`takes ${channels} channels instead of 3 (RGB)`);
  return height === undefined && width === undefined ? undefined : { height: height ?? 16, width: width ?? 16 };
}

async function open(bytes: Uint8Array): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  } catch (error) {
    throw new Unfit(`cannot be opened by onnxruntime: ${firstLine(error)}`);
  }
}

async function measureScale(session: InferenceSession, inputName: string, outputName: string, { height, width }: Size): Promise<number> {
  const picture = Float32Array.from({ length: 3 * height * width }, (_, i) => ((i * 89) % 256) / 255);
  let output: Tensor | undefined;
  try {
    output = (await session.run({ [inputName]: new Tensor('float32', picture, [1, 3, height, width]) }))[outputName];
  } catch (error) {
    throw new Unfit(`fails on a picture of ${width}x${height}: ${firstLine(error)}`);
  }
  if (output?.type !== 'float32') throw new Unfit(`gives ${output?.type ?? 'nothing'} instead of float32`);
  const [batch, channels, ...size] = output.dims;
  if (size.length !== 2) throw new Unfit(`gives ${output.dims.length} dimensions instead of 4 (1, 3, height, width)`);
  if (batch !== 1) throw new Unfit(`gives ${batch} pictures instead of 1`);
  if (channels !== 3) throw new Unfit(`gives ${channels} channels instead of 3 (RGB)`);
  const [outHeight = 0, outWidth = 0] = size;
  const scale = outWidth / width;
  if (!Number.isInteger(scale) || scale < 1 || scale > HIGHEST_SCALE || outHeight !== height * scale) {
    throw new Unfit(`makes ${outWidth}x${outHeight} of ${width}x${height}, which is no whole scale from 1 to ${HIGHEST_SCALE}`);
  }
  return scale;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').trim().slice(0, 200);
}

async function answer(file: string): Promise<Answer> {
  try {
    return { inspected: await inspect(file) };
  } catch (error) {
    if (error instanceof Unfit) return { problem: error.message };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await answer(process.argv[2] as string)));
