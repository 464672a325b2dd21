import { open } from 'node:fs/promises';
import path from 'node:path';
import { SegmentMismatch } from '../job/errors.js';
import { BufferPool } from './bufferPool.js';
import { startDecoder } from './decoder.js';
import type { Inference, InferredFrame } from './inference.js';
import { PartChain } from './partChain.js';
import { pictureBytes } from './picture.js';
import { ProgressMeter } from './progressMeter.js';
import type { UpscaledPart, UpscaleProgress, UpscaleRequest } from './protocol.js';

/** On each side of the network: one buffer that it works on, one that is ready for it or was just left by it, one on its way. */
const BUFFERS = 3;

export interface RunEvents {
  onProgress: (progress: UpscaleProgress) => void;
  onNotice: (message: string) => void;
  /** Fulfilled once the part is durable. */
  commit: (part: UpscaledPart) => Promise<void>;
}

/**
 * Upscales the frames of a request into parts. Decoding, inference and encoding go on at the same time.
 * @param flush ends the run early: the frames that are done become a last part.
 * @returns frames that are in committed parts.
 * @throws UserError, SegmentMismatch, WorldError or DiskFull; parts that were committed before stay.
 */
export async function runRequest(request: UpscaleRequest, inference: Inference, events: RunEvents, flush: AbortSignal): Promise<number> {
  const { model, width, height } = request;
  await inference.load({ model, width, height });
  if (flush.aborted) return 0;
  const meter = new ProgressMeter(request, events.onProgress);
  inference.listen({ onTile: (tile) => { meter.add(tile); }, onNotice: events.onNotice });

  // The file's size tells how many frames were ever inferred here, also by attempts that were killed.
  const inferred = await open(path.join(request.partFolder, 'inferred'), 'a');
  const failure = new AbortController();
  const inputs = new BufferPool(BUFFERS, pictureBytes(width, height));
  const outputs = new BufferPool(BUFFERS, pictureBytes(width * model.scale, height * model.scale));
  const fail = (error: unknown): void => {
    failure.abort(error);
    inputs.close(error);
    outputs.close(error);
    inference.stop();
    void decoder.stop();
  };
  const onFlush = (): void => {
    inference.stop();
    void decoder.stop();
  };
  const decoder = startDecoder(request);
  const parts = new PartChain({ request, decoder, commit: events.commit, signal: failure.signal, onError: fail });
  flush.addEventListener('abort', onFlush);
  if (flush.aborted) onFlush();

  const collect = async ({ stopped, input, output }: InferredFrame): Promise<void> => {
    inputs.give(input);
    if (!stopped) {
      await inferred.write('.');
      await parts.add(new Uint8Array(output));
    }
    outputs.give(output);
  };

  let collected = Promise.resolve();
  const feed = async (): Promise<void> => {
    for (let n = 0; n < request.frames; n++) {
      const input = await inputs.take();
      if (!(await decoder.read(new Uint8Array(input)))) return;
      const output = await outputs.take();
      const frame = inference.infer(input, output);
      collected = Promise.all([frame, collected]).then(([result]) => collect(result));
      collected.catch(fail);
    }
    await decoder.requireEnd();
  };

  try {
    const mismatch = await feed().then(() => undefined, mismatchOrThrow);
    await collected;
    if (mismatch) {
      // What was decoded before is kept as far as it fills parts.
      await parts.committed();
      throw mismatch;
    }
    return await parts.end();
  } catch (error) {
    fail(error);
    await parts.discard();
    // The first failure is the cause of all others.
    throw failure.signal.reason;
  } finally {
    flush.removeEventListener('abort', onFlush);
    await decoder.stop();
    await inferred.close();
  }
}

function mismatchOrThrow(error: unknown): SegmentMismatch {
  if (error instanceof SegmentMismatch) return error;
  throw error;
}
