import type { Precision } from '../runtime/devices.js';
import type { Decoder } from './decoder.js';
import { type FinishedFrame, PartWriter } from './partWriter.js';
import type { UpscaledPart, UpscaleRequest } from './protocol.js';

export interface PartChainOptions {
  request: UpscaleRequest;
  decoder: Pick<Decoder, 'takePts'>;
  /** Fulfilled once the part is durable. */
  commit: (part: UpscaledPart) => Promise<void>;
  /** Ends the encoders. */
  signal: AbortSignal;
  /** A part that is finished in the background could not be. */
  onError: (error: unknown) => void;
}

/**
 * Cuts a run of frames into parts. While one part's encoder drains and the part is committed, the next one fills; at
 * most one waits in this way, so that what a crash can cost stays bounded.
 */
export class PartChain {
  readonly #options: PartChainOptions;
  #writer: PartWriter | undefined;
  /** Of the frames in the part at hand. */
  #precision: Precision | undefined;
  /** Its part has not been handed over yet. */
  #draining: PartWriter | undefined;
  #start: number;
  #workSince = performance.now();
  #committing: Promise<void> = Promise.resolve();

  constructor(options: PartChainOptions) {
    this.#options = options;
    this.#start = options.request.firstFrame;
  }

  /**
   * Writes a frame. The part ends with it when it has all its frames, or has taken its time; before it where the
   * precision changes.
   */
  async add(frame: FinishedFrame): Promise<void> {
    const { request, signal } = this.#options;
    signal.throwIfAborted();
    if (frame.precision !== this.#precision) await this.#close();
    this.#precision = frame.precision;
    this.#writer ??= new PartWriter(request, signal);
    await this.#writer.write(frame);
    const seconds = (performance.now() - this.#workSince) / 1000;
    if (this.#writer.frames >= request.checkpointFrames || seconds >= request.checkpointSeconds) await this.#close();
  }

  /** Waits until all parts that have ended are committed. */
  async committed(): Promise<void> {
    await this.#committing;
  }

  /** Ends the part at hand and waits until all are committed. @returns frames in all parts. */
  async end(): Promise<number> {
    await this.#close();
    await this.#committing;
    return this.#start - this.#options.request.firstFrame;
  }

  /** After a failure: waits until the signal has ended all encoders, and removes what is not in a whole part. */
  async discard(): Promise<void> {
    await this.#writer?.discard();
    await this.#draining?.discard();
  }

  async #close(): Promise<void> {
    const [writer, precision] = [this.#writer, this.#precision];
    if (!writer || !precision) return;
    await this.#committing;
    this.#writer = undefined;
    this.#workSince = performance.now();
    const start = this.#start;
    this.#start += writer.frames;
    this.#committing = this.#finish(writer, precision, start, this.#start);
    this.#committing.catch(this.#options.onError);
  }

  async #finish(writer: PartWriter, precision: Precision, start: number, end: number): Promise<void> {
    const { decoder, commit } = this.#options;
    this.#draining = writer;
    const file = await writer.finish();
    const pts = await decoder.takePts(end - start);
    this.#draining = undefined;
    await commit({ type: 'part', ...file, start, end, pts, precision });
  }
}
