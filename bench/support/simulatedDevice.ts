import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createUpscaleActivities } from '../../src/activities/index.js';
import { upscaleQueue } from '../../src/job/queues.js';
import type { Upscaler } from '../../src/upscaler/client.js';
import type { FrameInference, InferenceEvents, InferredFrame } from '../../src/upscaler/inference.js';
import type { NetworkRequest } from '../../src/upscaler/inferenceMessages.js';
import { runRequest } from '../../src/upscaler/run.js';
import { createDeviceWorkers, workerTimes } from '../../src/worker/role.js';
import { loadConfig } from '../../temporal.config.js';

/**
 * An upscale worker on a device that does not exist: `--tag NAME --ms N`. Everything is the product's (the queue, the
 * activity, decoding, parts and their commits) but the network: a frame takes a fixed time, in which nothing is
 * computed, and is enlarged by repeating pixels.
 */
class SleepingInference implements FrameInference {
  readonly inFlight = 1;
  readonly #ms: number;
  #network: NetworkRequest | undefined;
  #events: InferenceEvents | undefined;
  #stopped = false;
  #freeAt = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ms: number) {
    this.#ms = ms;
  }

  load(network: NetworkRequest): Promise<void> {
    this.#network = network;
    this.#stopped = false;
    return Promise.resolve();
  }

  listen(events: InferenceEvents): void {
    this.#events = events;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Frames wait for each other, as on a device. A timer that fires late does not slow the device down. */
  infer(input: ArrayBuffer, output: ArrayBuffer): Promise<InferredFrame> {
    const doneAt = Math.max(this.#freeAt, performance.now()) + this.#ms;
    this.#freeAt = doneAt;
    const frame = this.#last.then(async (): Promise<InferredFrame> => {
      if (!this.#stopped) await sleep(Math.max(0, doneAt - performance.now()));
      if (!this.#stopped) {
        repeatPixels(this.#network as NetworkRequest, input, output);
        this.#events?.onTile({ done: 1, tiles: 1, tile: 0, precision: 'fp32' });
      }
      return { stopped: this.#stopped, precision: 'fp32', input, output };
    });
    this.#last = frame;
    return frame;
  }
}

function repeatPixels(
  { width, height, model: { scale } }: NetworkRequest,
  input: ArrayBuffer,
  output: ArrayBuffer,
): void {
  const from = new Uint8Array(input);
  const to = new Uint8Array(output);
  // A device that is simulated should take as little processor as one that is there: four samples are one number.
  const fours = scale === 4 ? new Uint32Array(output) : undefined;
  const wide = width * scale;
  for (let row = 0; row < 3 * height; row++) {
    const first = row * scale * wide;
    for (let x = 0; x < width; x++) {
      const sample = from[row * width + x] as number;
      if (fours) fours[first / 4 + x] = sample * 0x01010101;
      else to.fill(sample, first + x * scale, first + (x + 1) * scale);
    }
    for (let k = 1; k < scale; k++) to.copyWithin(first + k * wide, first, first + wide);
  }
}

function sleepingUpscaler(ms: number): Upscaler {
  const inference = new SleepingInference(ms);
  return {
    warm: () => undefined,
    versions: () => ({ simulated: `${ms} ms a frame` }),
    pid: process.pid,
    close: () => Promise.resolve(),
    run: async (request, { onProgress, onNotice, onPart }, { flush } = {}) => ({
      frames: await runRequest(
        request,
        inference,
        { onProgress, onNotice, commit: onPart },
        flush ?? new AbortController().signal,
      ),
    }),
  };
}

const { values } = parseArgs({ options: { tag: { type: 'string' }, ms: { type: 'string' } } });
if (!values.tag || !values.ms) throw new Error('--tag and --ms say which device this is');
const config = loadConfig();
const shutdown = new AbortController().signal;
Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
const connection = await NativeConnection.connect({ ...config.temporalConnection });
const deps = {
  roots: config.roots,
  shutdown,
  checkpointSeconds: config.checkpointSeconds,
  minFreeBytes: config.minFreeBytes,
  backlogBytes: config.backlogBytes,
};
const activities = createUpscaleActivities(deps, sleepingUpscaler(Number(values.ms)));
const workers = await createDeviceWorkers(
  { ...workerTimes, connection, namespace: config.namespace },
  [upscaleQueue(config.queuePrefix, values.tag)],
  activities,
  shutdown,
);
await Promise.all(workers.map((worker) => worker.run()));
