import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { UserError } from './errors.js';

/** Weights hardly shrink; the text around them does, and the zeros of a new network. A zip bomb grows 1000 times. */
const MOST_GROWTH = 100;
const GRACE_BYTES = 1 << 20;

const METHODS = { stored: 0, deflated: 8 };

/**
 * A zip archive from anywhere. The library holds every entry to the size that it says. Here the sum of these sizes is
 * bounded by the archive's length, and every entry that is read must have its checksum.
 */
export class ZipArchive {
  readonly #file: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;

  private constructor(file: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** @throws UserError when it is no whole zip archive, or would unpack to far more than its own length. */
  static async open(bytes: Uint8Array): Promise<ZipArchive> {
    const { fromBufferPromise } = await import('./yauzl.js');
    return refusing(async () => {
      const file = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      const entries = new Map<string, Entry>();
      for await (const entry of file.eachEntry()) {
        if (entry.isEncrypted()) throw new UserError('its zip archive is encrypted');
        entries.set(entry.fileName, entry);
      }
      const unpacked = [...entries.values()].reduce((sum, entry) => sum + entry.uncompressedSize, 0);
      if (unpacked > bytes.length * MOST_GROWTH + GRACE_BYTES)
        throw new UserError(
          `it is a zip archive of ${bytes.length} bytes that unpacks to ${unpacked}: no network does that`,
        );
      return new ZipArchive(file, entries);
    });
  }

  names(): string[] {
    return [...this.#entries.keys()];
  }

  /**
   * @param most bytes of an entry.
   * @returns the entry's bytes; undefined when there is none of that name. @throws UserError when it is damaged.
   */
  async read(name: string, most = Infinity): Promise<Uint8Array | undefined> {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    requireMethod(entry);
    return refusing(async () => {
      requireAtMost(entry, most);
      const content = await buffer(await this.#file.openReadStreamPromise(entry));
      if (crc32(content) !== entry.crc32) throw new Error(`${name} has another checksum`);
      return content;
    });
  }

  /**
   * Writes an entry into a file, bit by bit. @throws UserError when it is damaged, and what writing throws; the file
   * may be there then.
   */
  async extract(name: string, file: string, most: number): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) throw new UserError(`its zip archive lacks ${name}`);
    requireMethod(entry);
    requireAtMost(entry, most);
    let sum = 0;
    const counting = new Transform({
      transform(chunk: Buffer, _, done) {
        sum = crc32(chunk, sum);
        done(null, chunk);
      },
    });
    const content = await refusing(() => this.#file.openReadStreamPromise(entry));
    await pipeline(content, counting, createWriteStream(file, { flush: true }));
    if (sum !== entry.crc32) throw new UserError(`${name} has another checksum in its zip archive`);
  }
}

function requireMethod({ compressionMethod: method }: Entry): void {
  if (method !== METHODS.stored && method !== METHODS.deflated)
    throw new UserError(`its zip archive is packed by method ${method}, which is not supported`);
}

function requireAtMost({ fileName, uncompressedSize }: Entry, most: number): void {
  if (uncompressedSize > most) throw new Error(`${fileName} has more than ${most} bytes`);
}

/** What the library finds wrong, as one line for people. */
async function refusing<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = (error as Error).message;
    if (reason.startsWith('End of central directory'))
      throw new UserError('its zip archive has no end: it is truncated');
    throw new UserError(
      `its zip archive is truncated or damaged: download or copy it again (${reason.slice(0, 200)})`,
    );
  }
}
