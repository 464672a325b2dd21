import { UserError } from '../../lib/errors.js';
import { ZipArchive } from '../../lib/zip.js';
import { readPickle } from './pickle.js';
import type { StateDict } from './stateDict.js';
import { findStateDict, readTensors } from './tensors.js';

const PICKLE = 'data.pkl';

/**
 * Reads the zip format of torch.save (PyTorch 1.6 and later): `NAME/data.pkl`, and every storage in `NAME/data/KEY`.
 * @throws UserError, as a sentence about the file.
 */
export async function readZipped(bytes: Uint8Array): Promise<StateDict> {
  const archive = await ZipArchive.open(bytes);
  const pickles = archive.names().filter((name) => name.endsWith(`/${PICKLE}`));
  const [pickle, ...others] = pickles;
  if (pickle === undefined || others.length > 0)
    throw new UserError(
      `it is a zip archive with ${pickles.length} files ${PICKLE} instead of one: PyTorch did not write it`,
    );
  const folder = pickle.slice(0, -PICKLE.length);
  const order = await archive.read(`${folder}byteorder`);
  if (order && new TextDecoder().decode(order) !== 'little')
    throw new UserError('its numbers are not little-endian, which is not supported');
  const views = findStateDict(readPickle((await archive.read(pickle)) as Uint8Array).value);
  const contents = new Map<string, Uint8Array | undefined>();
  for (const { storage } of views.values()) {
    if (!contents.has(storage.key)) contents.set(storage.key, await archive.read(`${folder}data/${storage.key}`));
  }
  return readTensors(views, (key) => contents.get(key));
}
