import type { Readable } from 'node:stream';

/** Edge of a thumbnail in pixels. */
const EDGE = 16;
export const THUMBNAIL_BYTES = EDGE * EDGE;

/**
 * The tail of a filter chain that reduces every picture to 16x16 grey values, full range whatever the picture's is, so that pictures of
 * any size and range can be compared.
 * @param matrix swscale's name of the matrix that grey is computed with; matters for RGB only.
 */
export const thumbnailFilters = (range: 'limited' | 'full', matrix: string): string[] => [
  `scale=${EDGE}:${EDGE}:flags=area:in_range=${range}:out_range=full:out_color_matrix=${matrix}`,
  'format=gray',
  // A muxer's clock of its own, which no variable rate can upset.
  'settb=1/25',
  'setpts=N',
];

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

export function meanOf(pixels: Uint8Array): number {
  let sum = 0;
  for (const value of pixels) sum += value;
  return sum / pixels.length;
}

/** Mean distance of two pictures of the same size, in code values. */
export function distance(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum / a.length;
}

/** Frames to which something happened, as runs of consecutive numbers. Of many runs the first ones are kept, and a count. */
export class Runs {
  frames = 0;
  private readonly kept: [first: number, last: number][] = [];
  private last = NaN;
  private count = 0;

  /** @param frame larger than the one before. */
  add(frame: number): void {
    this.frames++;
    const run = this.kept.at(-1);
    if (frame === this.last + 1) {
      if (run && run[1] === this.last) run[1] = frame;
    } else {
      this.count++;
      if (this.kept.length < 5) this.kept.push([frame, frame]);
    }
    this.last = frame;
  }

  /** `frames 30 to 39, frame 51 and 3 more runs` */
  toString(): string {
    const named = this.kept.map(([first, last]) => (first === last ? `frame ${first}` : `frames ${first} to ${last}`)).join(', ');
    const more = this.count - this.kept.length;
    return more > 0 ? `${named} and ${more} more run${more === 1 ? '' : 's'}` : named;
  }
}
