import type { Readable } from 'node:stream';

/**
 * Cuts a stream of bytes into frames, however its chunks fall. Reads only on demand, so the writer waits for the
 * reader.
 */
export class FrameReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /**
   * Fills the buffer with the next bytes.
   * @returns how many there were: less than the buffer holds only at the stream's end.
   */
  async read(target: Uint8Array): Promise<number> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#rest.length === 0) {
        const next = await this.#chunks.next();
        if (next.done) break;
        this.#rest = next.value;
      }
      const piece = this.#rest.subarray(0, target.length - filled);
      target.set(piece, filled);
      this.#rest = this.#rest.subarray(piece.length);
      filled += piece.length;
    }
    return filled;
  }
}
