import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { randomName } from '../job/durable.js';
import { DiskFull, WorldError } from '../job/errors.js';
import { fileDigest } from '../job/parts.js';
import { startFfmpeg, type FfmpegResult } from '../media/run.js';
import type { UpscaledPart, UpscaleRequest } from './protocol.js';

/** Writes the frames of one part through a lossless encoder into a file with a name of its own. */
export class PartWriter {
  readonly #file: string;
  readonly #path: string;
  readonly #signal: AbortSignal;
  readonly #ffmpeg: ReturnType<typeof startFfmpeg>;
  /** Settles without throwing: the reason why the encoder failed, where it did. */
  readonly #ended: Promise<Error | undefined>;
  #frames = 0;
  #encoded = 0;

  /** @param signal ends the encoder. */
  constructor({ partFolder, partExtension, encodeArgs }: UpscaleRequest, signal: AbortSignal) {
    this.#file = `${randomName()}.${partExtension}`;
    this.#path = path.join(partFolder, this.#file);
    this.#signal = signal;
    this.#ffmpeg = startFfmpeg([...encodeArgs, this.#path], {
      stdin: 'pipe',
      signal,
      onProgress: ({ frame }) => { this.#encoded = frame; },
    });
    // Its death is seen when it is written to, or waited for.
    this.#ended = this.#ffmpeg.done.then(complaint, (error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    this.#stdin.on('error', () => undefined);
  }

  get frames(): number {
    return this.#frames;
  }

  get #stdin() {
    if (!this.#ffmpeg.stdin) throw new Error('the encoder has no stdin');
    return this.#ffmpeg.stdin;
  }

  /** Fulfilled once the encoder has taken the whole frame and the buffer may be used again. @throws WorldError when it has died. */
  async write(frame: Uint8Array): Promise<void> {
    const broken = await new Promise((resolve) => this.#stdin.write(frame, resolve));
    if (broken) throw (await this.#ended) ?? new WorldError('the encoder ended before all frames were written');
    this.#frames++;
  }

  /** Waits until the encoder has written everything. @throws WorldError or DiskFull when it fails or has lost frames. */
  async finish(): Promise<Pick<UpscaledPart, 'file' | 'bytes' | 'sha256'>> {
    this.#stdin.end();
    const error = await this.#ended;
    if (error) throw error;
    if (this.#encoded !== this.#frames) throw new WorldError(`the encoder wrote ${this.#encoded} of ${this.#frames} frames`);
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
function complaint({ stderrLines }: FfmpegResult): Error | undefined {
  const said = stderrLines.join('\n');
  if (said.includes('No space left on device')) return new DiskFull('no space left on the disk for a part');
  return said ? new WorldError(`the encoder of a part failed: ${said}`) : undefined;
}
