import { crc32, inflateRawSync } from 'node:zlib';
import { UserError } from '../../lib/errors.js';
import { ByteReader } from './bytes.js';

interface Entry {
  offset: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED = 1;

/** Weights hardly shrink; the text around them does, and the zeros of a new network. A zip bomb grows 1000 times. */
const MOST_GROWTH = 100;
const GRACE_BYTES = 1 << 20;

/**
 * The entries of a zip archive as torch.save writes it (it stores them), or as it is after being packed again.
 *
 * fflate, which reads this project's own downloads, follows a file's counts and sizes wherever they lead and checks no
 * sums. These files come from anywhere: here the directory lies within the file, what the entries say that they
 * unpack to is bounded by the file's length, and every entry read must have its checksum.
 */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #entries: ReadonlyMap<string, Entry>;

  /** @throws UserError when it is no whole zip archive, or would unpack to far more than its own length. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#entries = readDirectory(bytes);
    const unpacked = [...this.#entries.values()].reduce((sum, entry) => sum + entry.size, 0);
    if (unpacked > bytes.length * MOST_GROWTH + GRACE_BYTES) {
      throw new UserError(
        `it is a zip archive of ${bytes.length} bytes that unpacks to ${unpacked}: no network does that`,
      );
    }
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  /** @returns the entry's bytes; undefined when there is none of that name. @throws UserError when it is damaged. */
  read(name: string): Uint8Array | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const local = new ByteReader(this.#bytes, ARCHIVE, entry.offset);
    if (local.u32() !== LOCAL_HEADER) throw damaged();
    local.skip(22);
    const nameBytes = local.u16();
    local.skip(local.u16() + nameBytes);
    const content = unpack(entry, local.bytes(entry.packed));
    if (content.length !== entry.size || crc32(content) !== entry.crc) throw damaged();
    return content;
  }
}

const ARCHIVE = 'its zip archive';
const damaged = (): UserError => new UserError('its zip archive is damaged: download or copy it again');

function unpack({ method, size }: Entry, packed: Uint8Array): Uint8Array {
  if (method === STORED) return packed;
  if (method !== DEFLATED)
    throw new UserError(`its zip archive is packed by method ${method}, which is not supported`);
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    throw damaged();
  }
}

function readDirectory(bytes: Uint8Array): Map<string, Entry> {
  const end = new ByteReader(bytes, ARCHIVE, findEnd(bytes) + 10);
  const count = end.u16();
  end.skip(4);
  const reader = new ByteReader(bytes, ARCHIVE, end.u32());
  const entries = new Map<string, Entry>();
  for (let i = 0; i < count; i++) readEntry(reader, entries);
  return entries;
}

function readEntry(reader: ByteReader, entries: Map<string, Entry>): void {
  if (reader.u32() !== DIRECTORY_ENTRY) throw damaged();
  reader.skip(4);
  if (reader.u16() & ENCRYPTED) throw new UserError('its zip archive is encrypted');
  const method = reader.u16();
  reader.skip(4);
  const [crc, packed, size] = [reader.u32(), reader.u32(), reader.u32()];
  const [nameBytes, extraBytes, commentBytes] = [reader.u16(), reader.u16(), reader.u16()];
  reader.skip(8);
  const offset = reader.u32();
  entries.set(reader.text(nameBytes), { offset, method, crc, packed, size });
  reader.skip(extraBytes + commentBytes);
}

/** The end record is the last thing in the file but for a comment. */
function findEnd(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const least = Math.max(bytes.length - END_BYTES - LONGEST_COMMENT, 0);
  for (let at = bytes.length - END_BYTES; at >= least; at--) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new UserError('its zip archive has no end: it is truncated');
}
