import type { UpscaleProgress, UpscaleRequest } from './protocol.js';
import { Rate } from './rate.js';
import type { TileProgress } from './tiler.js';

const LEAST_SECONDS = 0.1;

/** Makes progress messages of finished tiles, at most ten a second. */
export class ProgressMeter {
  readonly #send: (progress: UpscaleProgress) => void;
  readonly #rate = new Rate(clock());
  #frame: number;
  #sentAt = -Infinity;

  constructor({ firstFrame }: Pick<UpscaleRequest, 'firstFrame'>, send: (progress: UpscaleProgress) => void) {
    this.#frame = firstFrame;
    this.#send = send;
  }

  add({ done, tiles, tile }: TileProgress): void {
    const now = clock();
    this.#rate.add(1 / tiles, now);
    if (done === tiles) this.#frame++;
    if (now - this.#sentAt < LEAST_SECONDS) return;
    this.#sentAt = now;
    this.#send({ type: 'progress', frame: this.#frame, fps: this.#rate.perSecond, tile });
  }
}

const clock = (): number => performance.now() / 1000;
