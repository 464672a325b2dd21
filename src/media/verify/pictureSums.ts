import { crc32 } from 'node:zlib';

/** Four bytes for each of a source's pictures, by which two decodes of it are compared. */
export class PictureSums {
  readonly #sums: number[] = [];

  add(thumbnail: Uint8Array): void {
    this.#sums.push(crc32(thumbnail));
  }

  get frames(): number {
    return this.#sums.length;
  }

  /** Of the frames `[start, end)`, in base64. */
  encoded(start = 0, end = this.frames): string {
    const bytes = Buffer.alloc(4 * (end - start));
    for (let frame = start; frame < end; frame++)
      bytes.writeUInt32LE(this.#sums[frame] as number, 4 * (frame - start));
    return bytes.toString('base64');
  }
}

/** One of those that {@link PictureSums.encoded} gave; undefined beyond the last. */
export const sumAt = (sums: Buffer, frame: number): number | undefined =>
  4 * frame + 4 <= sums.length ? sums.readUInt32LE(4 * frame) : undefined;
