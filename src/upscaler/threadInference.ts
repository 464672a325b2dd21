import { Worker } from 'node:worker_threads';
import { entryFile } from '../lib/project.js';
import { toError } from './failure.js';
import type { FrameInference, InferenceEvents, InferredFrame } from './inference.js';
import type { FromInference, InferenceThreadData, NetworkRequest, ToInference } from './inferenceMessages.js';

type Answer = Extract<FromInference, { type: 'loaded' | 'frame' }>;

/**
 * The inference thread, seen from the main thread. It lives as long as the process. Buffers are moved to it, and come
 * back with the result.
 */
export class ThreadInference implements FrameInference {
  readonly inFlight = 1;
  readonly #worker: Worker;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
  #events: InferenceEvents | undefined;
  #dead: Error | undefined;

  /** @param device as `parseWorkerDevice` reads it. */
  constructor(device: string) {
    const workerData: InferenceThreadData = { device, stop: this.#stop };
    this.#worker = new Worker(entryFile('upscaler/inferenceThread.js'), { workerData });
    this.#worker.on('message', (message: FromInference) => {
      this.#receive(message);
    });
    this.#worker.on('error', (error) => {
      this.#die(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker.on('exit', () => {
      this.#die(new Error('the inference thread has ended'));
    });
  }

  async load(network: NetworkRequest): Promise<void> {
    Atomics.store(this.#stop, 0, 0);
    await this.#ask({ type: 'load', network }, []);
  }

  listen(events: InferenceEvents): void {
    this.#events = events;
  }

  async infer(input: ArrayBuffer, output: ArrayBuffer): Promise<InferredFrame> {
    const answer = await this.#ask({ type: 'frame', input, output }, [input, output]);
    if (answer.type !== 'frame') throw new Error(`the inference thread answered ${answer.type} to a frame`);
    return answer;
  }

  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  #ask(message: ToInference, moved: ArrayBuffer[]): Promise<Answer> {
    if (this.#dead) return Promise.reject(this.#dead);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message, moved);
    });
  }

  #receive(message: FromInference): void {
    switch (message.type) {
      case 'tile':
        this.#events?.onTile(message);
        break;
      case 'notice':
        this.#events?.onNotice(message.message);
        break;
      case 'failed':
        this.#waiting.shift()?.reject(toError(message.failure));
        break;
      case 'loaded':
      case 'frame':
        this.#waiting.shift()?.resolve(message);
        break;
    }
  }

  #die(error: Error): void {
    this.#dead ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#dead);
  }
}
