import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { fileDigest } from '../job/parts.js';
import { randomName } from '../lib/durable.js';
import { DiskFull, WorldError } from '../lib/errors.js';
import { startFfmpeg } from '../media/ffmpeg/runFfmpeg.js';
import type { ToolResult } from '../media/ffmpeg/toolRun.js';
import type { Precision } from '../runtime/devices.js';
import { type Layout, layoutOf } from './layout.js';
import type { UpscaledPart, UpscaleRequest } from './protocol.js';

export interface FinishedFrame {
  /** Enlarged. */
  picture: Uint8Array;
  /** As it was decoded; the encoder may need a part of it. */
  source: Uint8Array;
  precision: Precision;
}

/** Writes the frames of one part through a lossless encoder into a file with a name of its own. */
export class PartWriter {
  readonly #file: string;
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #ffmpeg: ReturnType<typeof startFfmpeg>;
  /** Settles without throwing: the reason why the encoder failed, where it did. */
  readonly #ended: Promise<Error | undefined>;
  readonly #side: Layout['side'];
  #frames = 0;
  #encoded = 0;

  /** @param signal ends the encoder. */
  constructor(request: UpscaleRequest, signal: AbortSignal) {
    const { partFolder, partExtension, encodeArgs } = request;
    this.#side = layoutOf(request).side;
    this.#file = `${randomName()}.${partExtension}`;
    this.#path = path.join(partFolder, this.#file);
    this.#signal = signal;
    this.#ffmpeg = startFfmpeg([...encodeArgs, this.#path], {
      stdin: 'pipe',
      ...(this.#side && { side: 'pipe' as const }),
      signal,
      onProgress: ({ frame }) => {
        this.#encoded = frame;
      },
    });
    // Its death is seen when it is written to, or waited for.
    this.#ended = this.#ffmpeg.done.then(complaint, (error: unknown) =>
      error instanceof Error ? error : new Error(String(error)),
    );
    for (const pipe of this.#pipes) pipe.on('error', () => undefined);
  }

  get frames(): number {
    return this.#frames;
  }

  get #pipes(): Writable[] {
    return [this.#ffmpeg.stdin, this.#ffmpeg.side].filter((pipe) => pipe !== undefined);
  }

  /**
   * Fulfilled once the encoder has taken the whole frame and its buffers may be used again.
   * @throws WorldError when it has died.
   */
  async write({ picture, source }: FinishedFrame): Promise<void> {
    const beside = source.subarray(this.#side?.from, this.#side?.to);
    // At the same time, since the encoder may wait for either.
    const broken = await Promise.all(
      this.#pipes.map((pipe, i) => new Promise((resolve) => pipe.write(i === 0 ? picture : beside, resolve))),
    );
    if (broken.some(Boolean))
      throw (await this.#ended) ?? new WorldError('the encoder ended before all frames were written');
    this.#frames++;
  }

  /**
   * Waits until the encoder has written everything. @throws WorldError or DiskFull when it fails or has lost frames.
   */
  async finish(): Promise<Pick<UpscaledPart, 'file' | 'bytes' | 'sha256'>> {
    for (const pipe of this.#pipes) pipe.end();
    const error = await this.#ended;
    if (error) throw error;
    if (this.#encoded !== this.#frames)
      throw new WorldError(`the encoder wrote ${this.#encoded} of ${this.#frames} frames`);
    const [sha256, { size }] = await Promise.all([fileDigest(this.#path, this.#signal), stat(this.#path)]);
    return { file: this.#file, bytes: size, sha256 };
  }

  /** Removes the file, once the signal has ended the encoder. */
  async discard(): Promise<void> {
    await this.#ended;
    await rm(this.#path, { force: true });
  }
}

/** When the last bytes of a file cannot be written, ffmpeg says so and ends as if all were well. */
function complaint({ stderrLines }: ToolResult): Error | undefined {
  const said = stderrLines.join('\n');
  if (said.includes('No space left on device')) return new DiskFull('no space left on the disk for a part');
  return said ? new WorldError(`the encoder of a part failed: ${said}`) : undefined;
}
