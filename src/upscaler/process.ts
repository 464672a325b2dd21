import '../lib/sourceTraces.js';
import { parseArgs } from 'node:util';
import { parseWorkerDevice } from '../runtime/devices.js';
import { RuntimeUnavailable } from '../runtime/ortError.js';
import { openRuntime } from '../runtime/runtime.js';
import { ApiInference } from './apiInference.js';
import { toFailure } from './failure.js';
import type { FrameInference } from './inference.js';
import { type FromUpscaler, toUpscalerSchema, type UpscaleRequest } from './protocol.js';
import { runRequest } from './run.js';
import { ThreadInference } from './threadInference.js';

/**
 * The upscaler process: `process.js --device NAME`, started by the upscale worker with an IPC channel, one per
 * device. It stays between segments, with the model loaded, and ends when the channel closes. After `failed` it is of
 * no more use.
 */
const { values } = parseArgs({ options: { device: { type: 'string', default: 'cpu' } } });
const inference = await startInference(values.device);

/** Where the C API cannot be called, onnxruntime-node's binding does what it can. */
async function startInference(device: string): Promise<FrameInference> {
  const parsed = parseWorkerDevice(device);
  try {
    return new ApiInference(await openRuntime(), parsed);
  } catch (error) {
    if (error instanceof RuntimeUnavailable) return new ThreadInference(device);
    throw error;
  }
}

/** What messages do to the run that is under way. */
let current: { flush: AbortController; committed: () => void } | undefined;

function send(message: FromUpscaler): void {
  // Without a channel there is nobody to tell; `disconnect` ends the process.
  if (process.connected) process.send?.(message);
}

async function start(request: UpscaleRequest): Promise<void> {
  if (current) throw new Error('a run was started while another is under way');
  const run = { flush: new AbortController(), committed: (): void => undefined };
  current = run;
  const frames = await runRequest(
    request,
    inference,
    {
      onProgress: send,
      onNotice: (message) => {
        send({ type: 'notice', message });
      },
      commit: (part) =>
        new Promise((resolve) => {
          run.committed = resolve;
          send(part);
        }),
    },
    run.flush.signal,
  );
  current = undefined;
  send({ type: 'done', frames });
}

async function receive(raw: unknown): Promise<void> {
  const message = toUpscalerSchema.parse(raw);
  switch (message.type) {
    case 'start':
      await start(message.request);
      break;
    case 'flush':
      current?.flush.abort();
      break;
    case 'committed':
      current?.committed();
      break;
  }
}

process.on('message', (raw) => {
  receive(raw).catch((error: unknown) => {
    send({ type: 'failed', ...toFailure(error) });
  });
});
// ffmpeg is tied to this process and ends with it.
process.on('disconnect', () => process.exit(0));
send({ type: 'ready' });
