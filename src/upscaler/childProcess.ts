import { type ChildProcess, spawn } from 'node:child_process';
import { WorldError } from '../lib/errors.js';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import { runtimeEnvironment } from '../runtime/runtimeEnvironment.js';
import { type FromUpscaler, fromUpscalerSchema, type ToUpscaler } from './protocol.js';

const TAIL = 2000;

/** The upscaler process, seen from its worker. It ends with the worker, even when that is killed. */
export class UpscalerProcess {
  readonly #child: ChildProcess;
  #tail = '';
  /** Set by whoever waits for messages. */
  onMessage: (message: FromUpscaler) => void = () => undefined;
  /** Fulfilled once it listens. */
  readonly ready: Promise<void>;
  /** Rejects, always with WorldError, once the process has ended and its messages were handed over. */
  readonly ended: Promise<never>;

  constructor(entry: string, device: string) {
    const [file, args] = withParentDeathSignal(process.execPath, [entry, '--device', device]);
    this.#child = spawn(file, args, { env: runtimeEnvironment(), stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#tail = (this.#tail + chunk.toString()).slice(-TAIL);
    });
    this.ready = new Promise((resolve) => {
      this.#child.on('message', (raw) => {
        const message = parse(raw);
        if (message.type === 'ready') resolve();
        else this.onMessage(message);
      });
    });
    this.ended = new Promise((_, reject) => {
      this.#child.on('error', (error) => {
        reject(new WorldError(`the upscaler process could not be run: ${error.message}`));
      });
      this.#child.on('close', (code, signal) => {
        const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
        reject(new WorldError(`the upscaler process ${how}${this.#tail && `: ${this.#tail.trim()}`}`));
      });
    });
    // Who waits for it hears of it; an end that nobody waits for is no error.
    this.ended.catch(ignoreKnown);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: ToUpscaler): void {
    // A process that has just ended cannot be told; `ended` tells why.
    if (this.#child.connected) this.#child.send(message, ignoreKnown);
  }

  /** Ends the process, and with it its ffmpegs. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    // It always rejects: this is how it says that the process has ended.
    await this.ended.catch(ignoreKnown);
  }
}

function parse(raw: unknown): FromUpscaler {
  const parsed = fromUpscalerSchema.safeParse(raw);
  return parsed.success
    ? parsed.data
    : {
        type: 'failed',
        kind: 'bug',
        message: `the upscaler sent a message that cannot be read: ${parsed.error.message}`,
      };
}
