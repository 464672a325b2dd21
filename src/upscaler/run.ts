import { open } from 'node:fs/promises';
import path from 'node:path';
import { TALLY_FILE } from '../job/tally.js';
import { SegmentMismatch } from '../lib/errors.js';
import { BufferPool } from './bufferPool.js';
import { Collector } from './collector.js';
import { startDecoder } from './decoder.js';
import type { FrameInference } from './inference.js';
import { layoutOf } from './layout.js';
import { PartChain } from './partChain.js';
import { ProgressMeter } from './progressMeter.js';
import type { UpscaledPart, UpscaleProgress, UpscaleRequest } from './protocol.js';
import { Repeats } from './repeats.js';

/**
 * On each side of the network, where it works on one frame at a time: one buffer that it works on, one that is ready
 * for it or was just left by it, one on its way.
 */
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
export async function runRequest(
  request: UpscaleRequest,
  inference: FrameInference,
  events: RunEvents,
  flush: AbortSignal,
): Promise<number> {
  const { model, bitDepth, width, height } = request;
  const meter = new ProgressMeter(request, events.onProgress);
  inference.listen({
    onTile: (tile) => {
      meter.add(tile);
    },
    onNotice: events.onNotice,
  });
  await inference.load({ model, bitDepth, width, height });
  if (flush.aborted) return 0;

  const tally = await open(path.join(request.partFolder, TALLY_FILE), 'a');
  const failure = new AbortController();
  const layout = layoutOf(request);
  const buffers = BUFFERS + inference.inFlight - 1;
  const inputs = new BufferPool(buffers, layout.inputBytes);
  // One more: the last frame's stays, in case the next one is the same.
  const outputs = new BufferPool(buffers + 1, layout.outputBytes);
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

  const repeats = new Repeats(layout.seenBytes);
  const collector = new Collector({ inputs, outputs, parts, tally });

  let collected = Promise.resolve();
  const afterwards = (work: Promise<unknown>, collect: () => Promise<void>): void => {
    collected = Promise.all([work, collected]).then(collect);
    collected.catch(fail);
  };
  const feed = async (): Promise<void> => {
    for (let n = 0; n < request.frames; n++) {
      const input = await inputs.take();
      if (!(await decoder.read(new Uint8Array(input)))) return;
      if (repeats.is(new Uint8Array(input))) {
        afterwards(collected, async () => {
          if (await collector.repeat(input)) meter.addRepeat();
        });
      } else {
        const frame = inference.infer(input, await outputs.take());
        afterwards(frame, async () => {
          await collector.take(await frame);
        });
      }
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
    await tally.close();
  }
}

function mismatchOrThrow(error: unknown): SegmentMismatch {
  if (error instanceof SegmentMismatch) return error;
  throw error;
}
