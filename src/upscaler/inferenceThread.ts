import '../lib/sourceTraces.js';
import { parentPort, workerData } from 'node:worker_threads';
import { parseDevice } from '../runtime/devices.js';
import { openByBinding } from './bindingSession.js';
import { toFailure } from './failure.js';
import type { FromInference, InferenceThreadData, ToInference } from './inferenceMessages.js';
import { LoadedNetwork } from './loadedNetwork.js';

/**
 * The inference thread: the `run` of onnxruntime-node's binding blocks the loop that it is called on, so that loop is
 * one of its own.
 */
const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');
const { device, stop } = workerData as InferenceThreadData;

const post = (message: FromInference, moved: ArrayBuffer[] = []): void => {
  port.postMessage(message, moved);
};

const network = new LoadedNetwork(openByBinding(parseDevice(device)), {
  onTile: (progress) => {
    post({ type: 'tile', ...progress });
  },
  onNotice: (message) => {
    post({ type: 'notice', message });
  },
  stopped: () => Atomics.load(stop, 0) === 1,
});

async function answer(message: ToInference): Promise<void> {
  try {
    if (message.type === 'load') {
      await network.load(message.network);
      post({ type: 'loaded' });
    } else {
      const { input, output } = message;
      post({ type: 'frame', ...(await network.upscale(input, output)), input, output }, [input, output]);
    }
  } catch (error) {
    post({ type: 'failed', failure: toFailure(error) });
  }
}

let last = Promise.resolve();
port.on('message', (message: ToInference) => {
  last = last.then(() => answer(message));
});
