import { digestOf } from '../lib/digest.js';
import '../lib/sourceTraces.js';
import { readFileSync } from 'node:fs';
import { type FrameGraphOptions, wrapForFrames } from './graph.js';
import { readSignature } from './graphSignature.js';
import type { Answer, Inspected } from './inspected.js';
import { countParameters } from './onnx/parameters.js';
import { receptiveRadius } from './receptive.js';
import { measureMemory, memoryWatch, openNetwork, tryPictures } from './trial.js';
import { firstLine, UnsupportedModel } from './unsupported.js';

/**
 * A process of its own that opens the ONNX file named by its argument, tries it, and prints an Answer as JSON.
 * Whatever the file does to the runtime, it does to this process only.
 */

async function inspect(file: string): Promise<Inspected> {
  const bytes = readFileSync(file);
  const ends = readSignature(bytes);
  const { pixels, precision, fixed, model } = ends;
  const requireModest = memoryWatch(bytes);
  const network = await openNetwork(bytes);
  requireModest(0);
  const { scale, alignment, pixels: tried } = await tryPictures(network, ends);
  requireModest(tried);
  const bytesPerPixel = await measureMemory(network, ends, scale);
  await network.release();
  await (await openNetwork(framed(bytes, { pixels, bitDepth: 8, precision: 'fp32', blend: 0, scale }))).release();
  const radius = receptiveRadius(model.graph, ends.input, ends.output);
  return {
    digest: digestOf(bytes),
    scale,
    pixels,
    precision,
    alignment,
    ...(fixed && { fixed }),
    ...(radius !== undefined && { radius }),
    bytesPerPixel,
    parameters: countParameters(model.graph),
  };
}

function framed(bytes: Uint8Array, options: FrameGraphOptions): Uint8Array {
  try {
    return wrapForFrames(bytes, options);
  } catch (error) {
    throw new UnsupportedModel(`cannot be put between frames: ${firstLine(error)}`);
  }
}

async function answer(file: string): Promise<Answer> {
  try {
    return { inspected: await inspect(file) };
  } catch (error) {
    if (error instanceof UnsupportedModel) return { problem: error.message };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await answer(process.argv[2] as string)));
