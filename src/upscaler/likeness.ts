import { UserError } from '../lib/errors.js';
import type { Picture, Samples } from './picture.js';
import type { UpscaleModel } from './protocol.js';
import type { FrameNet } from './tiler.js';

/** Networks in bf16 are at 45 dB and better; planes that change places, or kernels that are wrong, below 20. */
const LEAST_DB = 30;
/** As little as shows what a network does. */
const EDGE = 32;

/**
 * Shows the same small picture to a network in two ways, and compares what they make of it.
 * @param tried with its device's name.
 * @param like a picture of the kind that will come.
 * @throws UserError where a plane differs so much that one of them computes something else.
 */
export async function requireLikeness(
  reference: FrameNet,
  { name, net: tried }: { name: string; net: FrameNet },
  model: UpscaleModel,
  like: Pick<Picture, 'data' | 'planes'>,
): Promise<void> {
  const { width, height } = model.fixed ?? squareOf(model.alignment);
  const input = testPicture(like, width, height);
  const [expected, found] = [reference, tried].map(() => room(input, model.scale)) as [Picture, Picture];
  const ends = [await reference.run(input, expected), await tried.run(input, found)];
  // What gives no numbers is found at the first frame, and told by it.
  if (ends.some(({ nan }) => nan)) return;
  for (let plane = 0; plane < input.planes; plane++) {
    const distance = decibels(planeOf(expected, plane), planeOf(found, plane));
    if (distance < LEAST_DB)
      throw new UserError(
        `${name} makes other pictures with this model than the CPU ` +
          `(plane ${plane}: ${distance.toFixed(1)} dB): use --device cpu`,
      );
  }
}

function squareOf(alignment: number): { width: number; height: number } {
  const edge = alignment * Math.ceil(EDGE / alignment);
  return { width: edge, height: edge };
}

/** Smooth, and different in each plane. */
export function testPicture(
  { data, planes }: Pick<Picture, 'data' | 'planes'>,
  width: number,
  height: number,
): Picture {
  const picture = room({ data, planes, width, height }, 1);
  const white = data instanceof Uint8Array ? 255 : 65_535;
  const size = width * height;
  for (let i = 0; i < picture.data.length; i++) {
    const [x, y, plane] = [i % width, Math.floor(i / width) % height, Math.floor(i / size)];
    picture.data[i] = white * (0.5 + 0.2 * Math.sin(x / (3 + 2 * plane)) + 0.2 * Math.cos(y / (6 - plane)));
  }
  return picture;
}

function room({ data, planes, width, height }: Picture, scale: number): Picture {
  const samples = planes * width * height * scale ** 2;
  return {
    data: data instanceof Uint8Array ? new Uint8Array(samples) : new Uint16Array(samples),
    planes,
    width: width * scale,
    height: height * scale,
  };
}

const planeOf = ({ data, width, height }: Picture, plane: number): Samples =>
  data.subarray(plane * width * height, (plane + 1) * width * height);

/** Infinite where they are equal. */
export function decibels(a: Samples, b: Samples): number {
  const white = a instanceof Uint8Array ? 255 : 65_535;
  let sum = 0;
  for (const [i, sample] of a.entries()) sum += (sample - (b[i] as number)) ** 2;
  return 10 * Math.log10((white ** 2 * a.length) / sum);
}
