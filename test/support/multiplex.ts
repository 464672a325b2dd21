import { readFileSync, writeFileSync } from 'node:fs';
import { argv } from '../../src/lib/argv.js';
import { ffmpeg } from './media.js';

const PACKET = 188;

/**
 * Programmes 1 and 2 in one transport stream: three seconds each, of another size and pitch, on clocks that begin near
 * 10 s and near 5000 s.
 */
export async function multiplex(
  file: string,
  {
    recorded = [1, 2],
  }: { /** Programmes of which there are packets; the rest is announced only. */ recorded?: number[] } = {},
): Promise<string> {
  const streams: Buffer[][] = [];
  for (const [number, size, pitch, offset] of [
    [1, '160x120', 440, 10],
    [2, '128x96', 880, 5000],
  ] as const) {
    const one = `${file}.${number}.ts`;
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=s=${size}:r=25:d=3 -f lavfi -i sine=${pitch}:d=3 -c:v libx264 -preset ultrafast -g 25
        -c:a mp2 -output_ts_offset ${offset} -mpegts_service_id ${number} -mpegts_pmt_start_pid ${0x100 * number}
        -mpegts_start_pid ${0x100 * number + 0x10}
      `,
      '-metadata',
      `service_name=Channel ${number}`,
      one,
    );
    // Without its own tables of programmes and services.
    streams.push(
      packetsOf(readFileSync(one)).filter(
        (packet) =>
          ![0, 0x11].includes(pidOf(packet)) && (recorded.includes(number) || pidOf(packet) === 0x100 * number),
      ),
    );
  }
  const mixed: Buffer[] = [];
  for (let i = 0; i < Math.max(...streams.map(({ length }) => length)); i++) {
    if (i % 20 === 0) mixed.push(tableOfTwo(i / 20));
    for (const packets of streams) mixed.push(...packets.slice(i, i + 1));
  }
  writeFileSync(file, Buffer.concat(mixed));
  return file;
}

const packetsOf = (data: Buffer): Buffer[] =>
  Array.from({ length: data.length / PACKET }, (_, i) => data.subarray(i * PACKET, (i + 1) * PACKET));
const pidOf = (packet: Buffer): number => packet.readUInt16BE(1) & 0x1fff;

/** The programme association table, of ISO/IEC 13818-1: programme 1 is described in PID 0x100, 2 in 0x200. */
function tableOfTwo(count: number): Buffer {
  const section = Buffer.from([0, 0xb0, 17, 0, 1, 0xc1, 0, 0, 0, 1, 0xe1, 0, 0, 2, 0xe2, 0, 0, 0, 0, 0]);
  section.writeUInt32BE(crc(section.subarray(0, -4)), 16);
  return Buffer.concat([
    Buffer.from([0x47, 0x40, 0, 0x10 | (count & 15), 0]),
    section,
    Buffer.alloc(PACKET, 0xff),
  ]).subarray(0, PACKET);
}

/** CRC-32/MPEG-2: unlike zlib's, its bits are not reflected. */
function crc(data: Buffer): number {
  let value = 0xffffffff;
  for (const byte of data) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  }
  return value >>> 0;
}
