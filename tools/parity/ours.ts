import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileDigest } from '../../src/job/parts.js';
import { convertNcnn } from '../../src/models/ncnn/convert.js';
import { convertTorch } from '../../src/models/torch/convert.js';
import { loadSession, type Session } from '../../src/upscaler/session.js';
import { Tiler } from '../../src/upscaler/tiler.js';

export interface Picture {
  /** 8-bit planes G, B, R. */
  data: Uint8Array;
  width: number;
  height: number;
}

export interface Tiling {
  /** 0 for the whole picture. */
  tile: number;
  tilePad: number;
  prePad: number;
}

/** @param file `.pth`, `.safetensors`, or `.param` with its `.bin` beside it. @returns ONNX, and how far the network sees where that is known. */
export async function convert(file: string): Promise<{ onnx: Uint8Array; radius?: number }> {
  if (!file.endsWith('.param')) return convertTorch(await readFile(file), file);
  return { onnx: convertNcnn(await readFile(file, 'utf8'), await readFile(file.replace(/\.param$/, '.bin'))) };
}

/** A network as the upscaler runs it: its own session and tiles, on the CPU. */
export class OurNetwork {
  readonly #session: Session;
  readonly #scale: number;

  private constructor(session: Session, scale: number) {
    this.#session = session;
    this.#scale = scale;
  }

  /** @param file where the converted network is put. */
  static async load(onnx: Uint8Array, scale: number, file: string): Promise<OurNetwork> {
    await writeFile(file, onnx);
    const model = { file: path.resolve(file), digest: await fileDigest(file), scale, tile: 0, tilePad: 0, prePad: 0, precision: 'fp32' as const, pixels: 'rgb' as const, alignment: 1, blend: 0 };
    const options = { device: { kind: 'cpu' as const }, precision: 'fp32' as const, bitDepth: 8 as const, onNotice: () => undefined };
    return new OurNetwork(await loadSession(model, options), scale);
  }

  async upscale({ data, width, height }: Picture, tiling: Tiling): Promise<Uint8Array> {
    const output = new Uint8Array(data.length * this.#scale ** 2);
    const onNotice = (notice: string): never => { throw new Error(notice); };
    const tiler = new Tiler({ net: this.#session, width, height, scale: this.#scale, planes: 3, bitDepth: 8, alignment: 1, ...tiling, onNotice });
    await tiler.upscale(data, output, () => undefined, () => false);
    return output;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
