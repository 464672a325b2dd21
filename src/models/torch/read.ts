import { UserError } from '../../lib/errors.js';
import { isLegacy, readLegacy } from './legacy.js';
import { isSafetensors, readSafetensors } from './safetensors.js';
import type { StateDict } from './stateDict.js';
import { readZipped } from './zipped.js';

/**
 * Reads a state dict from a file of PyTorch (zip or legacy format) or safetensors. The contents tell which it is: such
 * files are renamed freely.
 * @throws UserError, as a sentence about the file.
 */
export async function readStateDict(bytes: Uint8Array): Promise<StateDict> {
  if (isZip(bytes)) return readZipped(bytes);
  if (isLegacy(bytes)) return readLegacy(bytes);
  if (isSafetensors(bytes)) return readSafetensors(bytes);
  throw new UserError('it is neither a file of PyTorch (torch.save) nor of safetensors');
}

const isZip = (bytes: Uint8Array): boolean => [0x50, 0x4b, 0x03, 0x04].every((byte, i) => bytes[i] === byte);
