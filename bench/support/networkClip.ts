import { execa } from 'execa';
import { argv } from '../../src/lib/argv.js';
import { printPts } from '../../src/media/picture/frameSource.js';
import type { UpscaleModel, UpscaleRequest } from '../../src/upscaler/protocol.js';

/** A moving test picture, for what a network takes of the time. */
export interface NetworkClip {
  file: string;
  width: number;
  height: number;
  frames: number;
}

export async function makeNetworkClip({ file, width, height, frames }: NetworkClip): Promise<void> {
  await execa(
    'ffmpeg',
    argv`
      -loglevel error -f lavfi -i testsrc2=size=${width}x${height}:rate=25 -frames:v ${String(frames)}
      -c:v libx264 -preset veryfast -pix_fmt yuv420p ${file}
    `,
  );
}

/** All frames as planes G, B, R of 8 bits. */
export async function decodeNetworkClip({ file }: NetworkClip): Promise<Uint8Array> {
  const { stdout } = await execa('ffmpeg', argv`-loglevel error -i ${file} -pix_fmt gbrp -f rawvideo pipe:1`, {
    encoding: 'buffer',
    maxBuffer: 2 ** 31,
  });
  return stdout;
}

/** What the upscaler is told to take the clip through a network into parts, in RGB of 8 bits and whole frames. */
export function networkRequest(
  { file, width, height, frames }: NetworkClip,
  folder: string,
  model: Pick<UpscaleModel, 'file' | 'digest' | 'scale' | 'precision' | 'provider'>,
): UpscaleRequest {
  const { scale } = model;
  return {
    model: { tile: 0, tilePad: 0, prePad: 0, pixels: 'rgb', blend: 0, alignment: 1, ...model },
    bitDepth: 8,
    width,
    height,
    decodeArgs: argv`
      -i file:${file} -fps_mode passthrough -vf ${[...printPts(), 'format=gbrp'].join(',')} -f rawvideo pipe:1
    `,
    encodeArgs: argv`
      -f rawvideo -pix_fmt gbrp -s ${width * scale}x${height * scale} -r 25 -i pipe:0
      -pix_fmt yuv420p -c:v utvideo -f nut
    `,
    firstFrame: 0,
    frames,
    partFolder: folder,
    partExtension: 'nut',
    checkpointFrames: 100,
    checkpointSeconds: 60,
  };
}
