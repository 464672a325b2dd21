import { ignoreKnown } from '../lib/systemErrors.js';
import type { Device } from '../runtime/devices.js';
import type { Runtime } from '../runtime/runtime.js';
import type { FrameInference, InferenceEvents, InferredFrame } from './inference.js';
import type { NetworkRequest } from './inferenceMessages.js';
import { LoadedNetwork } from './loadedNetwork.js';
import { openByApi } from './nativeSession.js';
import { sharing } from './sharedSession.js';

/** Takes one frame at a time through the network; lanes overlap. */
interface Lane {
  network: LoadedNetwork;
  last: Promise<unknown>;
}

/**
 * Inference on the main thread: ONNX Runtime's C API computes on threads of its own. On a GPU two frames are in
 * flight, so that one is copied while the other is computed; each is given back in its turn.
 */
export class ApiInference implements FrameInference {
  readonly #lanes: readonly Lane[];
  #stop = new AbortController();
  #events: InferenceEvents | undefined;
  #told: string | undefined;
  #turn = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(runtime: Runtime, device: Device, lanes = device.kind === 'cuda' ? 2 : 1) {
    const open = openByApi(runtime, device, () => this.#stop.signal);
    const shared = lanes > 1 ? sharing(open) : open;
    const failed = new Set<string>();
    const events = {
      onTile: (progress: Parameters<InferenceEvents['onTile']>[0]) => this.#events?.onTile(progress),
      onNotice: (message: string) => {
        // Lanes meet the same troubles.
        if (message !== this.#told) this.#events?.onNotice(message);
        this.#told = message;
      },
      stopped: () => this.#stop.signal.aborted,
    };
    this.#lanes = Array.from({ length: lanes }, () => ({
      network: new LoadedNetwork(shared, events, failed),
      last: Promise.resolve(),
    }));
  }

  get inFlight(): number {
    return this.#lanes.length;
  }

  load(network: NetworkRequest): Promise<void> {
    this.#stop = new AbortController();
    return this.#inTurn(async () => {
      this.#turn = 0;
      for (const lane of this.#lanes) await lane.network.load(network);
    });
  }

  listen(events: InferenceEvents): void {
    this.#events = events;
    this.#told = undefined;
  }

  infer(input: ArrayBuffer, output: ArrayBuffer): Promise<InferredFrame> {
    const lane = this.#lanes[this.#turn++ % this.#lanes.length] as Lane;
    const upscale = () => onLane(lane, () => lane.network.upscale(input, output));
    const upscaled = upscale();
    return this.#inTurn(async () => {
      let result = await upscaled;
      // A frame before it, on another lane, has shown meanwhile that fewer bits than fp32 do not do.
      if (!result.stopped && lane.network.mustBeFp32(result.precision)) result = await upscale();
      return { ...result, input, output };
    });
  }

  stop(): void {
    this.#stop.abort();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    // Whoever asked for it hears of its failure; what comes next does not depend on it.
    this.#last = done.catch(ignoreKnown);
    return done;
  }
}

function onLane<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
  const done = lane.last.then(work);
  lane.last = done.catch(ignoreKnown);
  return done;
}
