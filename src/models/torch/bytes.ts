import { UserError } from '../../lib/errors.js';

/** Reads little-endian values of a file one after the other. Every method throws UserError beyond its end. */
export class ByteReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #what: string;
  offset: number;

  /** @param what names the file in messages. */
  constructor(bytes: Uint8Array, what: string, offset = 0) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#bytes = bytes;
    this.#what = what;
    this.offset = offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** The only big-endian value: a pickled float. */
  f64BigEndian(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  /** A count or size of 64 bits. */
  u64(): number {
    const value = Number(this.#view.getBigUint64(this.#take(8), true));
    if (!Number.isSafeInteger(value))
      throw new UserError(`${this.#what} holds a size that no file has: it is damaged`);
    return value;
  }

  /** A view of the next bytes, not a copy. */
  bytes(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** UTF-8; what is none becomes U+FFFD. */
  text(count: number): string {
    return new TextDecoder().decode(this.bytes(count));
  }

  /** Up to the next newline, which is read and not given. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.offset);
    const text = this.text((end < 0 ? this.#bytes.length : end) - this.offset);
    this.#take(1);
    return text;
  }

  skip(count: number): void {
    this.#take(count);
  }

  #take(count: number): number {
    const start = this.offset;
    if (start + count > this.#bytes.length)
      throw new UserError(`${this.#what} ends at byte ${this.#bytes.length}, where more must follow: it is truncated`);
    this.offset += count;
    return start;
  }
}
