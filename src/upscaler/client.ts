import { createRequire } from 'node:module';
import { entryFile } from '../lib/project.js';
import { parseWorkerDevice } from '../runtime/devices.js';
import { UpscalerProcess } from './childProcess.js';
import { toError } from './failure.js';
import type { FromUpscaler, UpscaledPart, UpscaleModel, UpscaleProgress, UpscaleRequest } from './protocol.js';

interface UpscaleHandlers {
  /**
   * Makes a part durable. Parts come in order, one at a time, and at most one more is made meanwhile.
   * What it throws ends the run.
   */
  onPart: (part: UpscaledPart) => Promise<void>;
  onProgress: (progress: UpscaleProgress) => void;
  onNotice: (message: string) => void;
}

export interface UpscaleSignals {
  /** Finish the part at hand, then resolve. */
  flush?: AbortSignal | undefined;
  /** Stop at once; the frames of the part at hand are lost. */
  abort?: AbortSignal | undefined;
}

export interface Upscaler {
  /**
   * Upscales a request's frames into parts; one run at a time. The process is started when it is first needed, kept
   * between runs, and replaced after a failure.
   * @returns frames in parts that `onPart` has taken: all of them, unless flushed.
   * @throws what `onPart` throws; the reason of `abort`; UserError, SegmentMismatch, DiskFull or WorldError.
   */
  run(request: UpscaleRequest, handlers: UpscaleHandlers, signals?: UpscaleSignals): Promise<{ frames: number }>;
  /** Starts the process, for a run that is to find it ready. */
  warm(): void;
  /** What makes a model's pictures, for a part's provenance: the runtime's version and its provider. */
  versions(model: Pick<UpscaleModel, 'provider'>): Record<string, string>;
  /** Id of the process, while there is one. */
  readonly pid: number | undefined;
  /** Ends the process, and with it a run that is under way. */
  close(): Promise<void>;
}

/**
 * @param options.device of those that workers are started for.
 * @throws UserError when it is no such name. Whether the device can be used shows at the first run.
 */
export function createUpscaler({ device }: { device: string }): Upscaler {
  const { kind } = parseWorkerDevice(device);
  let child: UpscalerProcess | undefined;
  let busy = false;

  const start = (): UpscalerProcess => {
    const started = new UpscalerProcess(entryFile('upscaler/process.js'), device);
    started.ended.catch(() => {
      if (child === started) child = undefined;
    });
    return started;
  };
  const stop = async (): Promise<void> => {
    const ending = child;
    child = undefined;
    await ending?.kill();
  };

  return {
    warm() {
      child ??= start();
    },
    versions: ({ provider }) => ({ onnxruntime: runtimeVersion(), provider: provider ?? kind }),
    get pid() {
      return child?.pid;
    },
    close: stop,
    async run(request, handlers, signals = {}) {
      if (busy) throw new Error('an upscaler does one run at a time');
      signals.abort?.throwIfAborted();
      if (signals.flush?.aborted) return { frames: 0 };
      busy = true;
      try {
        return await runOn((child ??= start()), request, handlers, signals);
      } catch (error) {
        await stop();
        throw error;
      } finally {
        busy = false;
      }
    },
  };
}

/** Read from its package, since loading the runtime itself is left to the process. */
export function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return version;
}

async function runOn(
  child: UpscalerProcess,
  request: UpscaleRequest,
  handlers: UpscaleHandlers,
  { flush, abort }: UpscaleSignals,
) {
  let committing = Promise.resolve();
  const over = new AbortController();
  const result = new Promise<{ frames: number }>((resolve, reject) => {
    const commit = async (part: UpscaledPart): Promise<void> => {
      await handlers.onPart(part);
      child.send({ type: 'committed' });
    };
    child.onMessage = (message: FromUpscaler) => {
      switch (message.type) {
        case 'progress':
          handlers.onProgress(message);
          break;
        case 'notice':
          handlers.onNotice(message.message);
          break;
        case 'part':
          committing = commit(message);
          committing.catch(reject);
          break;
        case 'done':
          resolve({ frames: message.frames });
          break;
        case 'failed':
          reject(toError(message));
          break;
        case 'ready':
          break;
      }
    };
    abort?.addEventListener(
      'abort',
      () => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the reason is passed on as it is
        reject(abort.reason);
      },
      { signal: over.signal },
    );
    // Before the start it would have nothing to flush; it is sent again below.
    flush?.addEventListener(
      'abort',
      () => {
        child.send({ type: 'flush' });
      },
      { signal: over.signal },
    );
  });
  try {
    await Promise.race([child.ready, child.ended, result]);
    child.send({ type: 'start', request });
    if (flush?.aborted) child.send({ type: 'flush' });
    return await Promise.race([result, child.ended]);
  } finally {
    over.abort();
    child.onMessage = () => undefined;
    // A part that is being made durable is not left half done.
    await Promise.allSettled([committing]);
  }
}
