import { type FileHandle, open } from 'node:fs/promises';

/** A movie's index is smaller than this; what is larger is damaged. */
const LARGEST_INDEX = 512 * 2 ** 20;

/** A part of a track's media that is presented, in seconds of the media's own time. */
export interface Stretch {
  /** Silence or blackness before it. */
  pause: number;
  start: number;
  /** Infinity where it lasts until the media ends. */
  end: number;
}

/**
 * The tracks of an MP4 or MOV whose edit list (ISO/IEC 14496-12, 8.6.6) presents several stretches of the media: their
 * packets, copied one after the other, would not be what is presented. Speeds other than 1 are not looked at, as in
 * ffmpeg.
 * @returns stretches in the order in which they are presented, by track number; none where the file has no readable
 * index.
 */
export async function editedTracks(file: string): Promise<Map<number, Stretch[]>> {
  const moov = await readMoov(file);
  const movieTicks = timescaleOf(find(moov, 'mvhd'));
  return new Map(
    boxes(moov)
      .filter(({ type }) => type === 'trak')
      .flatMap(({ body }) => {
        const tkhd = find(body, 'tkhd');
        const elst = find(body, 'edts', 'elst');
        const stretches = elst ? stretchesOf(elst, movieTicks, timescaleOf(find(body, 'mdia', 'mdhd'))) : [];
        return tkhd && stretches.length > 1 ? [[numberAt(tkhd), stretches] as const] : [];
      }),
  );
}

async function readMoov(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { size: end } = await handle.stat();
    for (let at = 0; at + 8 <= end; ) {
      const box = await headerAt(handle, at, end);
      if (!box) break;
      if (box.type === 'moov' && box.size <= LARGEST_INDEX) {
        const moov = Buffer.alloc(box.size - box.header);
        const { bytesRead } = await handle.read(moov, 0, moov.length, at + box.header);
        return moov.subarray(0, bytesRead);
      }
      at += box.size;
    }
    return Buffer.alloc(0);
  } finally {
    await handle.close();
  }
}

async function headerAt(handle: FileHandle, at: number, end: number) {
  const bytes = Buffer.alloc(16);
  const { bytesRead } = await handle.read(bytes, 0, 16, at);
  return boxHeader(bytes.subarray(0, bytesRead), end - at);
}

/** A box begins with its size and four letters; 1 stands for a size of 64 bits behind them, 0 for the rest. */
function boxHeader(bytes: Buffer, rest: number): { type: string; size: number; header: number } | undefined {
  if (bytes.length < 8) return undefined;
  const short = bytes.readUInt32BE(0);
  const header = short === 1 ? 16 : 8;
  if (bytes.length < header) return undefined;
  const size = short === 1 ? Number(bytes.readBigUInt64BE(8)) : short === 0 ? rest : short;
  return size < header ? undefined : { type: bytes.toString('latin1', 4, 8), size: Math.min(size, rest), header };
}

function boxes(bytes: Buffer): { type: string; body: Buffer }[] {
  const found = [];
  for (let at = 0; at < bytes.length; ) {
    const box = boxHeader(bytes.subarray(at), bytes.length - at);
    if (!box) break;
    found.push({ type: box.type, body: bytes.subarray(at + box.header, at + box.size) });
    at += box.size;
  }
  return found;
}

function find(bytes: Buffer, ...path: string[]): Buffer | undefined {
  return path.reduce<Buffer | undefined>(
    (inside, type) => inside && boxes(inside).find((box) => box.type === type)?.body,
    bytes,
  );
}

/**
 * The number behind version, flags and two times of 4 or 8 bytes each: a track's own number, or a clock's ticks a
 * second.
 */
function numberAt(box: Buffer): number {
  const at = box[0] === 1 ? 20 : 12;
  return box.length >= at + 4 ? box.readUInt32BE(at) : 0;
}

const timescaleOf = (box: Buffer | undefined): number => (box && numberAt(box)) || 1;

function stretchesOf(elst: Buffer, movieTicks: number, mediaTicks: number): Stretch[] {
  const long = elst[0] === 1;
  const size = long ? 20 : 12;
  const stretches = [];
  let pause = 0;
  for (let at = 8; at + size <= elst.length; at += size) {
    const duration = (long ? Number(elst.readBigUInt64BE(at)) : elst.readUInt32BE(at)) / movieTicks;
    const ticks = long ? Number(elst.readBigInt64BE(at + 8)) : elst.readInt32BE(at + 4);
    if (ticks < 0) {
      pause += duration;
      continue;
    }
    const start = ticks / mediaTicks;
    stretches.push({ pause, start, end: duration === 0 ? Infinity : start + duration });
    pause = 0;
  }
  return stretches;
}
