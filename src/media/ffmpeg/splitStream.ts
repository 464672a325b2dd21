import type { Readable } from 'node:stream';

/** Cuts a byte stream into pieces of `size` bytes. A rest at the end is dropped. */
export async function* pieces(stream: Readable, size: number): AsyncGenerator<Buffer, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (; at + size <= data.length; at += size) yield data.subarray(at, at + size);
    rest = data.subarray(at);
  }
}
