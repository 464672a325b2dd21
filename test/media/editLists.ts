import { readFileSync, writeFileSync } from 'node:fs';

/**
 * One stretch of a track: how long it is presented, in ticks of the movie (1/1000 s), and where it begins in the
 * media, in ticks of the track; -1 for a pause.
 */
export interface Edit {
  duration: number;
  start: number;
  /** 1 by default. */
  speed?: number;
}

/**
 * Gives the track with this number another edit list. The file's index has to lie behind its media, as ffmpeg writes
 * it unless asked.
 */
export function writeEdits(file: string, track: number, edits: readonly Edit[]): void {
  const bytes = readFileSync(file);
  const moov = bytes.lastIndexOf('moov', undefined, 'latin1') - 4;
  const elst = Buffer.concat([
    Buffer.from([0, 0, 0, 0]),
    u32(edits.length),
    ...edits.flatMap(({ duration, start, speed = 1 }) => [
      u32(duration),
      u32(start >>> 0),
      u32(Math.round(speed * 0x10000)),
    ]),
  ]);
  const index = rebuild(bytes.subarray(moov + 8), (type, body) => {
    if (type !== 'trak') return box(type, body);
    const tkhd = body.indexOf('tkhd', 0, 'latin1');
    if (body.readUInt32BE(tkhd + 4 + 12) !== track) return box(type, body);
    const rest = rebuild(body, (child, content) => (child === 'edts' ? Buffer.alloc(0) : box(child, content)));
    return box(type, Buffer.concat([rest, box('edts', box('elst', elst))]));
  });
  writeFileSync(file, Buffer.concat([bytes.subarray(0, moov), box('moov', index)]));
}

function rebuild(body: Buffer, change: (type: string, body: Buffer) => Buffer): Buffer {
  const parts = [];
  for (let at = 0; at < body.length; at += body.readUInt32BE(at)) {
    parts.push(change(body.toString('latin1', at + 4, at + 8), body.subarray(at + 8, at + body.readUInt32BE(at))));
  }
  return Buffer.concat(parts);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const box = (type: string, body: Buffer): Buffer =>
  Buffer.concat([u32(body.length + 8), Buffer.from(type, 'latin1'), body]);
