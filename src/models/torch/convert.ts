import path from 'node:path';
import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import { buildNetwork, type Converted } from '../architectures/build.js';
import { interpolate } from './interpolate.js';
import { readStateDict } from './read.js';

export type { Converted } from '../architectures/build.js';

/**
 * Converts a state dict in a `.pth` or `.safetensors` file into an ONNX network. Only tensors are read: nothing in the
 * file is run. The same file always gives the same bytes.
 * @param fileName for messages.
 * @throws UserError with one line when the file is damaged, holds anything but tensors, or belongs to another
 * architecture.
 */
export async function convertTorch(bytes: Uint8Array, fileName: string): Promise<Converted> {
  return named(fileName, async () => buildNetwork(await readStateDict(bytes)));
}

/**
 * Mixes two networks of the same architecture, number by number, as Real-ESRGAN's denoise strength does: share * a +
 * (1 - share) * b.
 * @param share of `a`, 0 to 1.
 * @param fileName for messages.
 * @throws UserError as convertTorch does, and when the two do not have the same tensors.
 */
export async function interpolateTorch(
  a: Uint8Array,
  b: Uint8Array,
  share: number,
  fileName: string,
): Promise<Converted> {
  return named(fileName, async () => buildNetwork(interpolate(await readStateDict(a), await readStateDict(b), share)));
}

async function named<T>(fileName: string, convert: () => Promise<T>): Promise<T> {
  try {
    return await convert();
  } catch (error) {
    if (error instanceof UserError)
      throw new UserError(`${quote(path.basename(fileName))} cannot be converted: ${error.message}`);
    throw error;
  }
}
