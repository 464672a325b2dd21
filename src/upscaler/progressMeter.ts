import type { InferenceProgress } from './inferenceMessages.js';
import type { UpscaleProgress, UpscaleRequest } from './protocol.js';
import { Rate } from './rate.js';

const LEAST_SECONDS = 0.1;

/** Makes progress messages of finished tiles and frames, at most ten a second. */
export class ProgressMeter {
  readonly #send: (progress: UpscaleProgress) => void;
  readonly #rate = new Rate(clock());
  #frame: number;
  #sentAt = -Infinity;
  #last: InferenceProgress | undefined;

  constructor({ firstFrame }: Pick<UpscaleRequest, 'firstFrame'>, send: (progress: UpscaleProgress) => void) {
    this.#frame = firstFrame;
    this.#send = send;
  }

  add(progress: InferenceProgress): void {
    this.#last = progress;
    if (progress.done === progress.tiles) this.#frame++;
    this.#count(1 / progress.tiles);
  }

  /** A frame that did not go through the network, since it is the one before. */
  addRepeat(): void {
    this.#frame++;
    this.#count(1);
  }

  #count(frames: number): void {
    const now = clock();
    this.#rate.add(frames, now);
    if (!this.#last || now - this.#sentAt < LEAST_SECONDS) return;
    this.#sentAt = now;
    const { tile, precision } = this.#last;
    this.#send({ type: 'progress', frame: this.#frame, fps: this.#rate.perSecond, tile, precision });
  }
}

const clock = (): number => performance.now() / 1000;
