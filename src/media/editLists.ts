import { open, type FileHandle } from 'node:fs/promises';

/** A movie's index is smaller than this; what is larger is damaged. */
const LARGEST_INDEX = 512 * 2 ** 20;

/**
 * The tracks of an MP4 or MOV whose edit list (ISO/IEC 14496-12, 8.6.6) shows several stretches of the media, or shows one at another
 * speed: their packets, copied one after the other, would not be what is presented. An empty edit, which only delays the track, does not count.
 * @returns track numbers; none where the file has no readable index.
 */
export async function editedTracks(file: string): Promise<Set<number>> {
  const moov = await readMoov(file);
  return new Set(boxes(moov).filter(({ type }) => type === 'trak').flatMap(({ body }) => {
    const tkhd = find(body, 'tkhd');
    const elst = find(body, 'edts', 'elst');
    return tkhd && elst && isEdited(elst) ? [trackId(tkhd)] : [];
  }));
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
  return path.reduce<Buffer | undefined>((inside, type) => inside && boxes(inside).find((box) => box.type === type)?.body, bytes);
}

/** Behind version and flags and two times, of 4 or 8 bytes each. */
function trackId(tkhd: Buffer): number {
  const at = tkhd[0] === 1 ? 20 : 12;
  return tkhd.length >= at + 4 ? tkhd.readUInt32BE(at) : 0;
}

const NORMAL_SPEED = 0x10000;

function isEdited(elst: Buffer): boolean {
  const long = elst[0] === 1;
  const size = long ? 20 : 12;
  const edits = [];
  for (let at = 8; at + size <= elst.length; at += size) {
    const start = long ? Number(elst.readBigInt64BE(at + 8)) : elst.readInt32BE(at + 4);
    if (start >= 0) edits.push({ speed: elst.readInt32BE(at + size - 4) });
  }
  return edits.length > 1 || edits.some(({ speed }) => speed !== NORMAL_SPEED);
}
