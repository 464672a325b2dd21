import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspectModel } from '../../src/models/inspect.js';
import type { Inspected } from '../../src/models/inspected.js';
import { convertNcnn } from '../../src/models/ncnn/convert.js';
import { convertTorch } from '../../src/models/torch/convert.js';
import type { Precision } from '../../src/runtime/devices.js';
import { openRuntime } from '../../src/runtime/runtime.js';
import { runtimeEnvironment } from '../../src/runtime/runtimeEnvironment.js';
import { openByApi } from '../../src/upscaler/nativeSession.js';
import type { UpscaleModel } from '../../src/upscaler/protocol.js';
import { loadSession, type Session } from '../../src/upscaler/session.js';
import { Tiler } from '../../src/upscaler/tiler.js';

export interface Picture {
  /** 8-bit planes G, B, R, or luma alone. */
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

export const WHOLE: Tiling = { tile: 0, tilePad: 0, prePad: 0 };

/**
 * @param file `.pth`, `.safetensors`, or `.param` with its `.bin` beside it. @returns ONNX, and how far the network
 * sees where that is known.
 */
export async function convert(file: string): Promise<{ onnx: Uint8Array; radius?: number }> {
  if (!file.endsWith('.param')) return convertTorch(await readFile(file), file);
  return { onnx: convertNcnn(await readFile(file, 'utf8'), await readFile(file.replace(/\.param$/, '.bin'))) };
}

/** A network as the upscaler runs it: inspected, with its own session and tiles, on the CPU. */
export class OurNetwork {
  readonly #inspected: Inspected;
  readonly #session: Session;

  private constructor(inspected: Inspected, session: Session) {
    this.#inspected = inspected;
    this.#session = session;
  }

  /** @param file where the converted network is put. @throws UserError when it cannot be used. */
  static async load(onnx: Uint8Array, file: string, { precision, provider }: Way = PLAIN): Promise<OurNetwork> {
    Object.assign(process.env, runtimeEnvironment());
    await writeFile(file, onnx);
    const inspected = await inspectModel(file);
    const { digest, scale, pixels, alignment } = inspected;
    const model = {
      file: path.resolve(file),
      digest,
      scale,
      pixels,
      alignment,
      tile: 0,
      tilePad: 0,
      prePad: 0,
      precision,
      blend: 0,
      ...(provider && { provider }),
    };
    return new OurNetwork(
      inspected,
      await loadSession(
        model,
        { precision, bitDepth: 8, onNotice: refuse },
        openByApi(await openRuntime(), { kind: 'cpu', id: 0 }),
      ),
    );
  }

  get scale(): number {
    return this.#inspected.scale;
  }

  get pixels(): Inspected['pixels'] {
    return this.#inspected.pixels;
  }

  async upscale({ data, width, height }: Picture, tiling: Tiling): Promise<Uint8Array> {
    const { scale, alignment, pixels } = this.#inspected;
    const output = new Uint8Array(data.length * scale ** 2);
    const tiler = new Tiler({
      net: this.#session,
      width,
      height,
      planes: pixels === 'luma' ? 1 : 3,
      bitDepth: 8,
      scale,
      alignment,
      ...tiling,
      onNotice: refuse,
    });
    await tiler.upscale(
      data,
      output,
      () => undefined,
      () => false,
    );
    return output;
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

type Way = Pick<UpscaleModel, 'provider'> & { precision: Precision };

const PLAIN: Way = { precision: 'fp32' };

/** Of smaller tiles or another precision, with which nothing would be compared. */
const refuse = (notice: string): never => {
  throw new Error(notice);
};
