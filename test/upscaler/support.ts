import { readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { fileDigest } from '../../src/job/parts.js';
import { argv } from '../../src/lib/argv.js';
import { printPts } from '../../src/media/picture/frameSource.js';
import type { UpscaledPart, UpscaleRequest } from '../../src/upscaler/protocol.js';

export const decodeArgs = (clip: string, ...filters: string[]): string[] => argv`
  -i file:${clip} -map 0:v:0 -fps_mode passthrough -vf ${[...filters, ...printPts(), 'format=gbrp'].join(',')}
  -f rawvideo pipe:1
`;

export const encodeArgs = (width: number, height: number): string[] =>
  argv`-f rawvideo -pix_fmt gbrp -s ${width}x${height} -r 25 -i pipe:0 -c:v utvideo -pix_fmt gbrp -f nut`;

/** All frames of a video as planes G, B, R of 8 bits, one after another. */
export async function rawFrames(file: string): Promise<Buffer> {
  const { stdout } = await execa(
    'ffmpeg',
    ['-loglevel', 'error', '-i', file, '-fps_mode', 'passthrough', '-pix_fmt', 'gbrp', '-f', 'rawvideo', 'pipe:1'],
    { encoding: 'buffer', maxBuffer: 2 ** 30 },
  );
  return Buffer.from(stdout);
}

/** What a tiny net makes of raw frames: every sample as a square of `scale` x `scale`. */
export function enlarged(frames: Buffer, width: number, height: number, scale: number): Buffer {
  const planes = frames.length / (width * height);
  const large = Buffer.alloc(frames.length * scale * scale);
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const source = (plane * height + Math.floor(y / scale)) * width + Math.floor(x / scale);
        large[(plane * height * scale + y) * width * scale + x] = frames[source] as number;
      }
    }
  }
  return large;
}

export const frameCount = (frames: Buffer, width: number, height: number): number =>
  frames.length / (3 * width * height);

export interface RequestOptions {
  clip: string;
  model: string;
  folder: string;
  width: number;
  height: number;
  frames: number;
}

/** A request with a net of scale 2 and whole frames, unless told otherwise. Makes the part folder. */
export async function makeRequest(
  { clip, model, folder, width, height, frames }: RequestOptions,
  changes: Partial<Omit<UpscaleRequest, 'model'>> & { model?: Partial<UpscaleRequest['model']> } = {},
): Promise<UpscaleRequest> {
  await mkdir(folder, { recursive: true });
  const scale = changes.model?.scale ?? 2;
  return {
    width,
    height,
    bitDepth: 8,
    decodeArgs: decodeArgs(clip),
    encodeArgs: encodeArgs(width * scale, height * scale),
    firstFrame: 0,
    frames,
    partFolder: folder,
    partExtension: 'nut',
    checkpointFrames: 10,
    checkpointSeconds: 60,
    ...changes,
    model: {
      file: model,
      digest: await fileDigest(model),
      scale,
      tile: 0,
      tilePad: 0,
      prePad: 0,
      precision: 'fp32',
      pixels: 'rgb',
      alignment: 1,
      blend: 0,
      ...changes.model,
    },
  };
}

/** Decodes parts, checking what was said of them. */
export async function framesOfParts(folder: string, parts: UpscaledPart[]): Promise<Buffer> {
  const all: Buffer[] = [];
  for (const part of parts) {
    const file = path.join(folder, part.file);
    if (statSync(file).size !== part.bytes) throw new Error(`${part.file} does not have ${part.bytes} bytes`);
    if ((await fileDigest(file)) !== part.sha256) throw new Error(`${part.file} has another digest`);
    all.push(await rawFrames(file));
  }
  return Buffer.concat(all);
}

export const inferredFrames = (folder: string): number => readFileSync(path.join(folder, 'inferred')).length;
