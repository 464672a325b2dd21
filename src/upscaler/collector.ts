import type { FileHandle } from 'node:fs/promises';
import { TALLY } from '../job/tally.js';
import type { BufferPool } from './bufferPool.js';
import type { InferredFrame } from './inference.js';
import type { PartChain } from './partChain.js';

export interface CollectorOptions {
  inputs: BufferPool;
  outputs: BufferPool;
  parts: Pick<PartChain, 'add'>;
  /** Gets a byte for each frame as it is done. */
  tally: Pick<FileHandle, 'write'>;
}

/** Takes finished frames in order: writes them to parts and lets their buffers go round. */
export class Collector {
  readonly #options: CollectorOptions;
  /** The last frame, which the next may repeat. */
  #last: Pick<InferredFrame, 'output' | 'precision'> | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  async take({ stopped, input, output, precision }: InferredFrame): Promise<void> {
    const { outputs } = this.#options;
    if (this.#last) outputs.give(this.#last.output);
    this.#last = { output, precision };
    if (stopped) this.#drop(input);
    else await this.#write(input, this.#last, TALLY.inferred);
  }

  /** Writes the last frame again. @returns false when that one was given up, and this one with it. */
  async repeat(input: ArrayBuffer): Promise<boolean> {
    const last = this.#last;
    if (!last) {
      this.#drop(input);
      return false;
    }
    await this.#write(input, last, TALLY.repeated);
    return true;
  }

  async #write(
    input: ArrayBuffer,
    { output, precision }: Pick<InferredFrame, 'output' | 'precision'>,
    mark: string,
  ): Promise<void> {
    await this.#options.tally.write(mark);
    await this.#options.parts.add({ picture: new Uint8Array(output), source: new Uint8Array(input), precision });
    this.#options.inputs.give(input);
  }

  #drop(input: ArrayBuffer): void {
    this.#options.inputs.give(input);
    if (this.#last) this.#options.outputs.give(this.#last.output);
    this.#last = undefined;
  }
}
