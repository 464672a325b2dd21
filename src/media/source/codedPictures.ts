import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { readStdout } from '../ffmpeg/readStdout.js';
import { inputFrom } from '../picture/frameSource.js';

/**
 * Bytes in which a VOP that says that it is not coded fits, with what encoders write around it; ffmpeg's own limit.
 */
const SMALL = 19;
const START = Buffer.from([0, 0, 1]);
/** Bytes behind a start code that hold everything that is read of a header. */
const HEADER = 64;

const isLayer = (code: number): boolean => code >= 0x20 && code <= 0x2f;
const PICTURE = 0xb6;

/**
 * Whether packets of MPEG-4 part 2 may hold no picture: encoders say so of one that does not differ from the one
 * before.
 */
export const mayLeaveOut = ({ video }: SourceInfo, smallestPacket: number): boolean =>
  video.codec === 'mpeg4' && smallestPacket <= SMALL;

/**
 * Counts the pictures of an MPEG-4 part 2 stream that are coded (`vop_coded`, ISO/IEC 14496-2, 6.2.5), without
 * decoding them. That is neither the number of packets nor less: where B-frames are packed, two pictures share a
 * packet, and one that is not coded makes up for it.
 */
export async function countCodedPictures(
  file: string,
  info: SourceInfo,
  signal: AbortSignal | undefined,
): Promise<number> {
  const args = argv`${inputFrom(file, info.video.index, undefined)} -c copy -bsf:v dump_extra=freq=k -f data pipe:1`;
  const counter = new Counter();
  await readStdout(args, { signal }, async (stdout) => {
    for await (const chunk of stdout as AsyncIterable<Buffer>) counter.read(chunk);
  });
  counter.read(Buffer.alloc(HEADER, 0xff));
  return counter.coded;
}

class Counter {
  coded = 0;
  #rest = Buffer.alloc(0);
  #incrementBits = 1;

  read(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#rest, chunk]);
    let at = bytes.indexOf(START);
    for (; at >= 0 && at + HEADER <= bytes.length; at = bytes.indexOf(START, at + START.length))
      this.#header(bytes[at + 3] as number, bytes.subarray(at + 4, at + HEADER));
    this.#rest = Buffer.from(bytes.subarray(at >= 0 ? at : Math.max(0, bytes.length - START.length + 1)));
  }

  #header(code: number, bytes: Buffer): void {
    if (isLayer(code)) this.#incrementBits = incrementBits(new Bits(bytes));
    if (code === PICTURE && isCoded(new Bits(bytes), this.#incrementBits)) this.coded++;
  }
}

/** How long the times of pictures are written, from a video object layer's header. */
function incrementBits(bits: Bits): number {
  bits.skip(1 + 8);
  let version = 1;
  if (bits.take(1) === 1) {
    version = bits.take(4);
    bits.skip(3);
  }
  if (bits.take(4) === 15) bits.skip(16);
  if (bits.take(1) === 1) {
    bits.skip(2 + 1);
    if (bits.take(1) === 1) bits.skip(79);
  }
  if (bits.take(2) === 3 && version !== 1) bits.skip(4);
  bits.skip(1);
  const resolution = bits.take(16);
  return Math.max(1, Math.ceil(Math.log2(resolution)));
}

function isCoded(bits: Bits, increment: number): boolean {
  bits.skip(2);
  while (bits.take(1) === 1);
  bits.skip(1 + increment + 1);
  return bits.take(1) === 1;
}

/** Reads numbers of some bits, the highest first; zeros behind the end. */
class Bits {
  #position = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  skip(count: number): void {
    this.#position += count;
  }

  take(count: number): number {
    let value = 0;
    for (const end = this.#position + count; this.#position < end; this.#position++) {
      value = value * 2 + (((this.#bytes[this.#position >> 3] ?? 0) >> (7 - (this.#position & 7))) & 1);
    }
    return value;
  }
}
