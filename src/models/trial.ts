import { type CpuNetwork, openOnCpu } from '../runtime/cpuNetwork.js';
import type { Tensor } from '../runtime/tensor.js';
import type { GraphSignature, Size } from './graphSignature.js';
import { toHalf } from './onnx/half.js';
import { firstLine, UnsupportedModel } from './unsupported.js';

const HIGHEST_SCALE = 8;
const ALIGNMENTS = [1, 2, 4, 8, 16, 32, 64];
const SMALLEST = 17;

/** Peak memory of this process, in bytes. */
const peak = (): number => process.resourceUsage().maxRSS * 1024;

/** Opens a network on the CPU. @throws UnsupportedModel where that does not work. */
export async function openNetwork(bytes: Uint8Array): Promise<CpuNetwork> {
  try {
    return await openOnCpu(bytes);
  } catch (error) {
    throw new UnsupportedModel(`cannot be opened by onnxruntime: ${firstLine(error)}`);
  }
}

/** What a network may take when it is opened and tried, beside several copies of its weights. */
const GRACE_BYTES = 2 ** 30;
/** Twice what the hungriest of the known networks take. */
const MOST_BYTES_PER_PIXEL = 200_000;

/**
 * Watches what this process takes from now on.
 * @returns throws UnsupportedModel where that is far more than the file's size and the pictures so far explain:
 * constants that a network makes for
 *   itself would take it in every process that uses it.
 */
export function memoryWatch(bytes: Uint8Array): (pixels: number) => void {
  const before = peak();
  return (pixels) => {
    const taken = peak() - before;
    if (taken <= 4 * bytes.length + GRACE_BYTES + pixels * MOST_BYTES_PER_PIXEL) return;
    throw new UnsupportedModel(
      `takes ${Math.round(taken / 1e6)} MB of memory for ${pixels} pixels, ` +
        `with a file of ${Math.ceil(bytes.length / 1e6)} MB: no network of pictures needs that`,
    );
  };
}

/**
 * Finds the scale, and the smallest number of which height and width must be multiples, by running small pictures; and
 * the pixels of the largest one.
 * @throws UnsupportedModel when no picture comes back larger by a whole scale.
 */
export async function tryPictures(
  network: CpuNetwork,
  ends: GraphSignature,
): Promise<{ scale: number; alignment: number; pixels: number }> {
  if (ends.fixed)
    return {
      scale: await scaleOf(network, ends, ends.fixed),
      alignment: 1,
      pixels: ends.fixed.height * ends.fixed.width,
    };
  let problem: unknown;
  for (const alignment of ALIGNMENTS) {
    try {
      const scales: number[] = [];
      for (const size of sizesOf(alignment)) scales.push(await scaleOf(network, ends, size));
      const [scale = 0] = scales;
      if (scales.some((other) => other !== scale))
        throw new UnsupportedModel(`enlarges pictures of different sizes by different factors: ${scales.join(', ')}`);
      return { scale, alignment, pixels: Math.max(...sizesOf(alignment).map(({ height, width }) => height * width)) };
    } catch (error) {
      if (!(error instanceof UnsupportedModel)) throw error;
      problem = error;
    }
  }
  throw problem;
}

/** Two sizes that are multiples of an alignment; the first is of none that is larger. */
function sizesOf(alignment: number): Size[] {
  const odd = (least: number): number => (2 * Math.ceil((Math.ceil(least / alignment) - 1) / 2) + 1) * alignment;
  const height = odd(SMALLEST);
  const width = odd(height + 1);
  return [
    { height, width },
    { height: width + alignment, width: height + alignment },
  ];
}

/** A picture that is not flat, as the network takes it. */
function picture(
  { precision, pixels }: Pick<GraphSignature, 'precision' | 'pixels'>,
  { height, width }: Size,
): Tensor {
  const channels = pixels === 'rgb' ? 3 : 1;
  const values = Float32Array.from({ length: channels * height * width }, (_, i) => ((i * 89) % 256) / 255);
  const dims = [1, channels, height, width];
  return precision === 'fp32'
    ? { type: 'float32', dims, data: values }
    : { type: 'float16', dims, data: toHalf(values).halves };
}

/** Large enough that its memory stands out from the runtime's own. */
const MEASURED_EDGE = 128;
/** Around the network the frame graph holds that many float32 pictures at once. */
const FRAME_PICTURES = 6;

/**
 * Peak memory for each source pixel of a tile, in bytes: how much this process grows for one tile. Once in a process,
 * since peaks do not shrink.
 */
export async function measureMemory(network: CpuNetwork, ends: GraphSignature, scale: number): Promise<number> {
  const size = ends.fixed ?? { height: MEASURED_EDGE, width: MEASURED_EDGE };
  const before = peak();
  await scaleOf(network, ends, size);
  const pixels = size.height * size.width;
  const frames = 4 * (ends.pixels === 'rgb' ? 3 : 1) * scale ** 2 * FRAME_PICTURES;
  return Math.ceil(((peak() - before) / pixels + frames) / 100) * 100;
}

async function scaleOf(network: CpuNetwork, ends: GraphSignature, size: Size): Promise<number> {
  const { height, width } = size;
  let dims: readonly number[];
  try {
    dims = await network.sizesOf(ends.output, { [ends.input]: picture(ends, size) });
  } catch (error) {
    throw new UnsupportedModel(`fails on a picture of ${width}x${height}: ${firstLine(error)}`);
  }
  const wanted = ends.pixels === 'rgb' ? 3 : 1;
  const [batch, channels, ...made] = dims;
  if (made.length !== 2)
    throw new UnsupportedModel(`gives ${dims.length} dimensions instead of 4 (1, ${wanted}, height, width)`);
  if (batch !== 1) throw new UnsupportedModel(`gives ${batch} pictures instead of 1`);
  if (channels !== wanted)
    throw new UnsupportedModel(
      `takes ${wanted} and gives ${channels} channels: both must be 3 (RGB) or both 1 (luma)`,
    );
  const [outHeight = 0, outWidth = 0] = made;
  const scale = outWidth / width;
  if (!Number.isInteger(scale) || scale < 1 || scale > HIGHEST_SCALE || outHeight !== height * scale) {
    throw new UnsupportedModel(
      `makes ${outWidth}x${outHeight} of ${width}x${height}, which is no whole scale from 1 to ${HIGHEST_SCALE}`,
    );
  }
  return scale;
}
