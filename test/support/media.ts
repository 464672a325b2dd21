import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll } from 'vitest';
import { argv } from '../../src/lib/argv.js';

/** A folder of the test file's own, removed after its tests. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'reelscale-test-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

const sharedRoot = path.resolve(
  process.env['REELSCALE_TEST_MEDIA'] ?? path.join(import.meta.dirname, '../../../shared/data'),
);

/** Real clips that the project does not ship; tests over them are skipped where they are missing. */
export const hasSharedMedia = existsSync(path.join(sharedRoot, 'clips'));
export const sharedFile = (name: string): string => path.join(sharedRoot, name);
export function sharedClips(folder: string): string[] {
  const full = path.join(sharedRoot, 'clips', folder);
  return existsSync(full)
    ? readdirSync(full)
        .sort()
        .map((name) => path.join(full, name))
    : [];
}

export async function ffmpeg(...args: string[]): Promise<void> {
  await execa('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args]);
}

export interface ClipOptions {
  seconds?: number;
  rate?: string;
  size?: string;
  /** Encoder and its options, such as `['-c:v', 'libx264', '-g', '30']`. */
  video?: string[];
  /** Number of sine tracks. */
  audioTracks?: number;
  audio?: string[];
}

/** A moving test picture with sound. Every frame differs from its neighbours. */
export async function makeClip(file: string, options: ClipOptions = {}): Promise<string> {
  const { seconds = 2, rate = '25', size = '160x120', audioTracks = 1 } = options;
  const tracks = Array.from({ length: audioTracks }, (_, i) => i);
  await ffmpeg(
    ...argv`-f lavfi -i testsrc2=size=${size}:rate=${rate}:duration=${seconds}`,
    ...tracks.flatMap((i) => ['-f', 'lavfi', '-i', `sine=frequency=${440 * (i + 1)}:duration=${seconds}`]),
    '-map',
    '0:v',
    ...tracks.flatMap((i) => ['-map', `${i + 1}:a`]),
    ...(options.video ?? ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '25', '-pix_fmt', 'yuv420p']),
    ...(options.audio ?? ['-c:a', 'aac']),
    file,
  );
  return file;
}

/** Writes a PNG whose header promises that size, of RGBA, and whose rows are missing: 100 bytes. */
export function promisedPng(file: string, width: number, height: number): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(4 * width + 1));
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    framed.set(body, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
  };
  writeFileSync(
    file,
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', header),
      chunk('IDAT', rows),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  );
  return file;
}

/**
 * Copies an MP4 with a quarter turn in the display matrix of its first track. ffmpeg's ways to write one differ by its
 * version.
 */
export function turn(from: string, to: string): void {
  const mp4 = readFileSync(from);
  const matrix = mp4.indexOf('tkhd') + 4 + 40;
  const height = mp4.readUInt16BE(matrix + 40);
  [0, 0x10000, 0, -0x10000, 0, 0, height << 16, 0, 0x40000000].forEach((value, i) =>
    mp4.writeInt32BE(value, matrix + 4 * i),
  );
  writeFileSync(to, mp4);
}
