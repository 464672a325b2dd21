import { ignoreKnown } from '../lib/systemErrors.js';
import type { Device } from '../runtime/devices.js';
import type { Runtime } from '../runtime/runtime.js';
import type { FrameInference, InferenceEvents, InferredFrame } from './inference.js';
import type { NetworkRequest } from './inferenceMessages.js';
import { LoadedNetwork } from './loadedNetwork.js';
import { openByApi } from './nativeSession.js';

/** Inference on the main thread: ONNX Runtime's C API computes on threads of its own. */
export class ApiInference implements FrameInference {
  readonly #network: LoadedNetwork;
  #stop = new AbortController();
  #events: InferenceEvents | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(runtime: Runtime, device: Device) {
    this.#network = new LoadedNetwork(
      openByApi(runtime, device, () => this.#stop.signal),
      {
        onTile: (progress) => this.#events?.onTile(progress),
        onNotice: (message) => this.#events?.onNotice(message),
        stopped: () => this.#stop.signal.aborted,
      },
    );
  }

  load(network: NetworkRequest): Promise<void> {
    this.#stop = new AbortController();
    return this.#afterAllElse(() => this.#network.load(network));
  }

  listen(events: InferenceEvents): void {
    this.#events = events;
  }

  infer(input: ArrayBuffer, output: ArrayBuffer): Promise<InferredFrame> {
    return this.#afterAllElse(async () => ({ ...(await this.#network.upscale(input, output)), input, output }));
  }

  stop(): void {
    this.#stop.abort();
  }

  #afterAllElse<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    // Whoever asked for it hears of its failure; what comes next does not depend on it.
    this.#last = done.catch(ignoreKnown);
    return done;
  }
}
