import { UserError } from '../lib/errors.js';
import { type Precision, PrecisionUnavailable } from '../runtime/devices.js';
import type { InferenceProgress, NetworkRequest as Request } from './inferenceMessages.js';
import { type Layout, layoutOf, samplesOf } from './layout.js';
import { loadSession, type OpenGraph, type Session } from './session.js';
import { faultOf } from './soundness.js';
import { type FrameResult, type TileProgress, Tiler } from './tiler.js';

export interface NetworkEvents {
  onTile: (progress: InferenceProgress) => void;
  onNotice: (message: string) => void;
  /** Asked before every tile. */
  stopped: () => boolean;
}

/**
 * The model that a device holds, kept between runs. Where fp16 cannot be had, or fewer bits than fp32 give black or
 * no numbers, it goes over to fp32 and stays there.
 */
export class LoadedNetwork {
  readonly #open: OpenGraph;
  readonly #events: NetworkEvents;
  readonly #failed: Set<string>;
  #session: { key: string; session: Session } | undefined;
  #current: { key: string; request: Request; precision: Precision; layout: Layout; tiler: Tiler } | undefined;

  /** @param failed digests of models that failed in fewer bits than fp32. */
  constructor(open: OpenGraph, events: NetworkEvents, failed = new Set<string>()) {
    this.#open = open;
    this.#events = events;
    this.#failed = failed;
  }

  /**
   * The session is kept while the model is the same, and the tiler, with the tile that it has learned, while all else
   * is.
   */
  async load(request: Request): Promise<void> {
    const { digest, precision } = request.model;
    if (precision === 'int8') throw new UserError('this version cannot run models in int8: use --precision fp32');
    if (precision === 'fp32' || this.#failed.has(digest)) return this.#loadIn('fp32', request);
    // Whether the device computes in it was asked before the job began.
    if (precision === 'bf16') return this.#loadIn(precision, request);
    try {
      await this.#loadIn(precision, request);
    } catch (error) {
      // What is wrong with the model or the device itself is told by this.
      await this.#loadIn('fp32', request).catch((second: unknown) => {
        throw second instanceof PrecisionUnavailable ? error : second;
      });
      this.#fellBack(
        digest,
        precision,
        `cannot be loaded (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  }

  /** Whether what was computed in a precision is not to be used, since the model failed in it elsewhere. */
  mustBeFp32(precision: Precision): boolean {
    return precision !== 'fp32' && this.#failed.has(this.#loaded().request.model.digest);
  }

  /**
   * Upscales a frame from one buffer, laid out as `layoutOf` says, into another.
   * @throws UserError when the model gives no picture or does not fit into memory.
   */
  async upscale(input: ArrayBuffer, output: ArrayBuffer): Promise<{ stopped: boolean; precision: Precision }> {
    for (;;) {
      const { layout, precision, request, tiler } = this.#loaded();
      if (this.mustBeFp32(precision)) {
        await this.#loadIn('fp32', request, tiler.tile);
        continue;
      }
      const source = samplesOf(input, layout.seenBytes, layout.bitDepth);
      const target = samplesOf(output, layout.outputBytes, layout.bitDepth);
      let last: TileProgress | undefined;
      const onTile = (progress: TileProgress): void => {
        if (progress.done === progress.tiles) last = progress;
        else this.#events.onTile({ ...progress, precision });
      };
      let result: FrameResult;
      try {
        result = await tiler.upscale(source, target, onTile, this.#events.stopped);
      } catch (error) {
        // A run may be ended within a tile.
        if (!this.#events.stopped()) throw error;
        result = 'stopped';
      }
      if (result === 'stopped') return { stopped: true, precision };
      const fault = faultOf(source, target, result.nan);
      if (fault === undefined) {
        if (last) this.#events.onTile({ ...last, precision });
        return { stopped: false, precision };
      }
      if (precision === 'fp32') throw new UserError(`the model ${fault}: try another model`);
      this.#fellBack(request.model.digest, precision, fault);
      await this.#loadIn('fp32', request, tiler.tile);
    }
  }

  async #loadIn(precision: Precision, request: Request, tile = request.model.tile): Promise<void> {
    const { model, bitDepth, width, height } = request;
    const { onNotice } = this.#events;
    const sessionKey = JSON.stringify([
      model.file,
      model.digest,
      model.scale,
      model.pixels,
      model.blend,
      model.provider,
      bitDepth,
      precision,
    ]);
    if (this.#session?.key !== sessionKey) {
      await this.#session?.session.release();
      this.#session = this.#current = undefined;
      this.#session = {
        key: sessionKey,
        session: await loadSession(model, { precision, bitDepth, onNotice }, this.#open),
      };
    }
    const key = JSON.stringify([sessionKey, model, width, height]);
    if (this.#current?.key === key) return;
    const layout = layoutOf(request);
    const tiler = new Tiler({
      ...model,
      tile,
      net: this.#session.session,
      width,
      height,
      bitDepth,
      planes: layout.planes,
      onNotice,
    });
    this.#current = { key, request, precision, layout, tiler };
  }

  #loaded() {
    if (!this.#current) throw new Error('a frame came before a model');
    return this.#current;
  }

  #fellBack(digest: string, precision: 'fp16' | 'bf16', why: string): void {
    // Another lane may have said so.
    if (this.#failed.has(digest)) return;
    this.#failed.add(digest);
    this.#events.onNotice(
      precision === 'fp16'
        ? `in half precision (fp16) the model ${why}: going on in fp32`
        : `in bf16 the model ${why}: going on in fp32`,
    );
  }
}
