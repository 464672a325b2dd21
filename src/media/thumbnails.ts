import type { Readable } from 'node:stream';

/** Edge of a thumbnail in pixels. */
const EDGE = 16;
export const THUMBNAIL_BYTES = EDGE * EDGE;

/**
 * Output arguments that write every picture to stdout as 16x16 grey values, full range whatever the picture's is, so that pictures of any
 * size and range can be compared.
 * @param head filters that come first.
 * @param matrix swscale's name of the matrix of YUV pictures, and of the one that RGB is turned into.
 */
export const thumbnailArgs = (head: readonly string[], range: 'limited' | 'full', matrix: string): string[] => [
  '-vf', [
    ...head,
    `scale=${EDGE}:${EDGE}:flags=area:in_range=${range}:out_range=full:in_color_matrix=${matrix}:out_color_matrix=${matrix}`,
    'format=gray',
    // The muxer gets a clock of its own, which no variable rate can upset.
    'settb=1/25', 'setpts=N',
  ].join(','),
  '-enc_time_base', '1:25', '-f', 'rawvideo', 'pipe:1',
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
