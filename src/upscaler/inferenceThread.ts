import { parentPort, workerData } from 'node:worker_threads';
import { parseDevice } from './device.js';
import { toFailure } from './failure.js';
import { requireSound } from './soundness.js';
import type { FromInference, InferenceThreadData, Network, ToInference } from './inferenceMessages.js';
import { loadSession, type Session } from './session.js';
import { Tiler } from './tiler.js';

/** The inference thread: onnxruntime's `run` blocks the loop that it is called on, so that loop is one of its own. */
const port = parentPort;
if (!port) throw new Error('this file is the entry of a worker thread');
const { device: deviceName, stop } = workerData as InferenceThreadData;
const device = parseDevice(deviceName);

let loaded: { key: string; session: Session } | undefined;
let tiling: { key: string; tiler: Tiler } | undefined;

const post = (message: FromInference, moved: ArrayBuffer[] = []): void => { port.postMessage(message, moved); };

/** The session is kept while model and precision are the same, and the tiler, with the tile that it has learned, while all else is. */
async function load({ model, width, height }: Network): Promise<void> {
  const key = JSON.stringify([model.file, model.digest, model.precision]);
  if (loaded?.key !== key) {
    await loaded?.session.release();
    loaded = tiling = undefined;
    loaded = { key, session: await loadSession(model, device) };
  }
  const tilingKey = JSON.stringify([model, width, height]);
  if (tiling?.key !== tilingKey) {
    const onNotice = (message: string) => { post({ type: 'notice', message }); };
    tiling = { key: tilingKey, tiler: new Tiler({ ...model, net: loaded.session, width, height, onNotice }) };
  }
}

async function upscale(input: ArrayBuffer, output: ArrayBuffer): Promise<void> {
  if (!tiling) throw new Error('a frame came before a model');
  const [source, target] = [new Uint8Array(input), new Uint8Array(output)];
  const result = await tiling.tiler.upscale(
    source,
    target,
    (progress) => { post({ type: 'tile', ...progress }); },
    () => Atomics.load(stop, 0) === 1,
  );
  if (result !== 'stopped') requireSound(source, target, result.nan);
  post({ type: 'frame', stopped: result === 'stopped', input, output }, [input, output]);
}

async function answer(message: ToInference): Promise<void> {
  try {
    if (message.type === 'load') {
      await load(message.network);
      post({ type: 'loaded' });
    } else {
      await upscale(message.input, message.output);
    }
  } catch (error) {
    post({ type: 'failed', failure: toFailure(error) });
  }
}

let last = Promise.resolve();
port.on('message', (message: ToInference) => {
  last = last.then(() => answer(message));
});
