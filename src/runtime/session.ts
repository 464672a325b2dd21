import { requireComputedBy } from './assignment.js';
import type { Runtime } from './runtime.js';
import { type SessionOptions, withSessionOptions } from './sessionOptions.js';
import type { Pointer } from './table.js';
import { describe, type Tensor, type ValueDescription, valueOver } from './tensor.js';

export type Tensors = Readonly<Record<string, Tensor>>;

/** A network that is ready to run. It has to be released. */
export class NativeSession {
  readonly #runtime: Runtime;
  readonly #session: Pointer;
  readonly inputs: readonly ValueDescription[];
  readonly outputs: readonly ValueDescription[];
  /** With what they work on: native code keeps no reference to it. */
  readonly #running = new Map<Promise<void>, readonly Tensors[]>();
  #released: Promise<void> | undefined;

  private constructor(runtime: Runtime, session: Pointer) {
    this.#runtime = runtime;
    this.#session = session;
    this.inputs = describeAll(runtime, session, 'Input');
    this.outputs = describeAll(runtime, session, 'Output');
  }

  /**
   * @param bytes an ONNX file; not needed afterwards.
   * @throws OrtError, and RuntimeUnavailable where another provider would compute it.
   */
  static create(runtime: Runtime, bytes: Uint8Array, options: SessionOptions = {}): Promise<NativeSession> {
    return withSessionOptions(runtime, options, async (native) => {
      const { later, plain, environment } = runtime;
      const session = await later.CreateSessionFromArray(environment, bytes, bytes.length, native);
      try {
        if (options.computedBy !== undefined) requireComputedBy(runtime, session, options.computedBy);
        return new NativeSession(runtime, session);
      } catch (error) {
        plain.ReleaseSession(session);
        throw error;
      }
    });
  }

  /**
   * Runs the network on a thread of libuv's pool, from the inputs' buffers into the outputs', which are neither
   * transferred nor resized meanwhile. Runs may overlap.
   * @param inputs by name: all of them.
   * @param outputs by name: those that are wanted.
   * @param signal ends the run early, between two operators.
   * @throws OrtError, and RangeError for a buffer that does not fit its sizes. @throws the signal's reason when it
   * aborts.
   */
  async run(inputs: Tensors, outputs: Tensors, signal?: AbortSignal): Promise<void> {
    if (this.#released) throw new Error('a session was run after it was released');
    signal?.throwIfAborted();
    const run = this.#run(inputs, outputs, signal);
    this.#running.set(run, [inputs, outputs]);
    try {
      await run;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      this.#running.delete(run);
    }
  }

  async #run(inputs: Tensors, outputs: Tensors, signal: AbortSignal | undefined): Promise<void> {
    const { checked, later, plain } = this.#runtime;
    const values: Pointer[] = [];
    const binding = checked.CreateIoBinding(this.#session);
    const options = checked.CreateRunOptions();
    const terminate = (): void => {
      checked.RunOptionsSetTerminate(options);
    };
    try {
      for (const [tensors, bind] of [
        [inputs, checked.BindInput],
        [outputs, checked.BindOutput],
      ] as const) {
        for (const [name, tensor] of Object.entries(tensors)) {
          const value = valueOver(this.#runtime, tensor);
          values.push(value);
          bind(binding, name, value);
        }
      }
      signal?.addEventListener('abort', terminate);
      await later.RunWithBinding(this.#session, options, binding);
    } finally {
      signal?.removeEventListener('abort', terminate);
      plain.ReleaseIoBinding(binding);
      values.forEach(plain.ReleaseValue);
      plain.ReleaseRunOptions(options);
    }
  }

  /** Waits for runs that are under way. */
  release(): Promise<void> {
    this.#released ??= Promise.allSettled(this.#running.keys()).then(() => {
      this.#runtime.plain.ReleaseSession(this.#session);
    });
    return this.#released;
  }
}

function describeAll(runtime: Runtime, session: Pointer, end: 'Input' | 'Output'): ValueDescription[] {
  const { checked, allocator, textAt } = runtime;
  return Array.from({ length: checked[`SessionGet${end}Count`](session) }, (_, i) => {
    const name = checked[`SessionGet${end}Name`](session, i, allocator);
    try {
      return describe(runtime, textAt(name), checked[`SessionGet${end}TypeInfo`](session, i));
    } finally {
      checked.AllocatorFree(allocator, name);
    }
  });
}
