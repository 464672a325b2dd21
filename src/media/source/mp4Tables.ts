/**
 * An MP4's index of samples, held in typed arrays: a few dozen bytes a frame, where one object for each takes a
 * kilobyte. Everything else in the file's header is left to the library: its header of a short file is taken, and its
 * tables are replaced.
 */
export interface Samples {
  /** Bytes of each sample, in decode order. */
  sizes: Uint32Array;
  /** How much later than it is decoded each is shown, in ticks; may be negative. */
  offsets: Int32Array;
  /** Ticks between a sample's decoding and the next one's. */
  deltaOf: (index: number) => number;
  /** Indices of those that can be decoded by themselves, in order. */
  keys: readonly number[];
  /** Where runs of samples lie in the file, one behind the other. */
  chunks: readonly { offset: number; samples: number }[];
}

interface Box {
  type: string;
  /** With its header. */
  bytes: Uint8Array;
}

/** What contains the tables. */
const PATH = ['moov', 'trak', 'mdia', 'minf', 'stbl'];

/** The boxes that follow each other. @throws RangeError for sizes that do not fit. */
export function boxesIn(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const size = view.getUint32(at);
    // The short file that headers are taken from needs no 64-bit sizes.
    if (size < 8 || at + size > bytes.length) throw new RangeError(`a box of ${size} bytes at ${at} does not fit`);
    boxes.push({
      type: Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1'),
      bytes: bytes.subarray(at, at + size),
    });
    at += size;
  }
  return boxes;
}

/** A `moov` box of one track with other tables. */
export const withSamples = (moov: Uint8Array, samples: Samples): Buffer => replaceIn(moov, PATH.slice(1), samples);

function replaceIn(box: Uint8Array, [next, ...deeper]: string[], samples: Samples): Buffer {
  const type = Buffer.from(box.subarray(4, 8)).toString('latin1');
  const children = boxesIn(box.subarray(8));
  if (next === undefined)
    return boxOf(type, [
      ...children.filter((child) => child.type === 'stsd').map(({ bytes }) => bytes),
      ...tables(samples),
    ]);
  return boxOf(
    type,
    children.map((child) => (child.type === next ? replaceIn(child.bytes, deeper, samples) : child.bytes)),
  );
}

function boxOf(type: string, parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(parts.reduce((sum, { length }) => sum + length, 8));
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, ...parts]);
}

function tables({ sizes, offsets, deltaOf, keys, chunks }: Samples): Buffer[] {
  const count = sizes.length;
  const stsz = fullBox('stsz', 0, [0, count], count, (write) => {
    sizes.forEach((size) => {
      write(size);
    });
  });
  const stss = fullBox('stss', 0, [keys.length], keys.length, (write) => {
    keys.forEach((key) => {
      write(key + 1);
    });
  });
  const co64 = fullBox('co64', 0, [chunks.length], 2 * chunks.length, (write) => {
    for (const { offset } of chunks) {
      write(Math.floor(offset / 2 ** 32));
      write(offset % 2 ** 32);
    }
  });
  return [
    runBox('stts', 0, count, deltaOf),
    ...(keys.length === count ? [] : [stss]),
    ...(offsets.every((offset) => offset === 0) ? [] : [runBox('ctts', 1, count, (i) => offsets[i] as number)]),
    chunkBox(chunks),
    stsz,
    co64,
  ];
}

/** Runs of equal values, each with its length. */
function runBox(type: string, version: number, count: number, valueOf: (index: number) => number): Buffer {
  const isStart = (i: number): boolean => i === 0 || valueOf(i) !== valueOf(i - 1);
  let runs = 0;
  for (let i = 0; i < count; i++) if (isStart(i)) runs++;
  return fullBox(type, version, [runs], 2 * runs, (write) => {
    for (let i = 0, start = 0; i < count; i++) {
      if (i + 1 < count && !isStart(i + 1)) continue;
      write(i + 1 - start);
      write(valueOf(i));
      start = i + 1;
    }
  });
}

/** From which chunk on chunks have how many samples. */
function chunkBox(chunks: Samples['chunks']): Buffer {
  const runs = chunks.flatMap(({ samples }, i) => (samples === chunks[i - 1]?.samples ? [] : [i + 1, samples, 1]));
  return fullBox('stsc', 0, [runs.length / 3], runs.length, (write) => {
    runs.forEach((value) => {
      write(value);
    });
  });
}

function fullBox(
  type: string,
  version: number,
  head: readonly number[],
  values: number,
  fill: (write: (value: number) => void) => void,
): Buffer {
  const box = Buffer.alloc(12 + 4 * (head.length + values));
  box.writeUInt32BE(box.length);
  box.write(type, 4, 'latin1');
  box.writeUInt8(version, 8);
  let at = 12;
  const write = (value: number): void => {
    at = value < 0 ? box.writeInt32BE(value, at) : box.writeUInt32BE(value, at);
  };
  head.forEach(write);
  fill(write);
  return box;
}
