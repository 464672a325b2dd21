import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import { ByteReader } from './bytes.js';
import { readPickle } from './pickle.js';
import { isKind, type Storage, type Value } from './pickleValues.js';
import type { StateDict } from './stateDict.js';
import { findStateDict, readTensors } from './tensors.js';

/** The pickled number 0x1950a86a20f9469cfc6c, which files begin with. */
const MAGIC = Uint8Array.of(0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e);
const PROTOCOL = 1001;

export const isLegacy = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/**
 * Reads torch.save's format before PyTorch 1.6: pickles of a magic number, the protocol, the writer's system, the
 * object and the keys of its storages; then for each key the number of its elements (64 bits) and the elements.
 * @throws UserError, as a sentence about the file.
 */
export function readLegacy(bytes: Uint8Array): StateDict {
  const protocol = readPickle(bytes, MAGIC.length);
  if (protocol.value !== PROTOCOL)
    throw new UserError('it is of a protocol other than PyTorch 0.4 to 1.5 wrote, which is not supported');
  const system = readPickle(bytes, protocol.end);
  if (!isKind(system.value, 'dict') || system.value.items.get('little_endian') !== true)
    throw new UserError('its numbers are not little-endian, which is not supported');
  const object = readPickle(bytes, system.end);
  const views = findStateDict(object.value);
  const keys = readPickle(bytes, object.end);
  const contents = readStorages(new ByteReader(bytes, 'it', keys.end), keys.value, object.storages);
  return readTensors(views, (key) => contents.get(key));
}

/** @returns the bytes of every storage, by its key. */
function readStorages(
  reader: ByteReader,
  keys: Value,
  storages: ReadonlyMap<string, Storage>,
): Map<string, Uint8Array> {
  const contents = new Map<string, Uint8Array>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage) throw new UserError('it lists storages that its tensors do not have: it is damaged');
    if (reader.u64() !== storage.count)
      throw new UserError(`its storage ${quote(storage.key)} is not as long as its tensors say: it is damaged`);
    contents.set(storage.key, reader.bytes(storage.count * storage.element.bytes));
  }
  return contents;
}
