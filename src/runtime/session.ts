import { requireComputedBy } from './assignment.js';
import type { Runtime } from './runtime.js';
import { type SessionOptions, withSessionOptions } from './sessionOptions.js';
import { Staging, StagingAllocator, type StagingMemory } from './staging.js';
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
  readonly #running = new Map<Promise<unknown>, readonly Tensors[]>();
  readonly #allocator: StagingAllocator | undefined;
  /** One for each run that was under way at the same time. */
  readonly #free: Staging[] = [];
  #released: Promise<void> | undefined;

  private constructor(runtime: Runtime, session: Pointer, staging: StagingMemory | undefined) {
    this.#runtime = runtime;
    this.#session = session;
    this.#allocator = staging && StagingAllocator.open(runtime, session, staging);
    this.inputs = describeAll(runtime, session, 'Input');
    this.outputs = describeAll(runtime, session, 'Output');
  }

  /**
   * @param bytes an ONNX file; not needed afterwards.
   * @throws OrtError, also where another provider than the one that has to would compute it.
   */
  static create(runtime: Runtime, bytes: Uint8Array, options: SessionOptions = {}): Promise<NativeSession> {
    return withSessionOptions(runtime, options, async (native) => {
      const { later, plain, environment } = runtime;
      const session = await later.CreateSessionFromArray(environment, bytes, bytes.length, native);
      try {
        if (options.computedBy !== undefined) requireComputedBy(runtime, session, options.computedBy);
        return new NativeSession(runtime, session, options.staging);
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
    signal?.throwIfAborted();
    try {
      await this.#holding([inputs, outputs], () => this.#run(inputs, outputs, signal));
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  }

  /**
   * Runs the network into memory of ONNX Runtime's own.
   * @returns the sizes of what it gives by that name.
   * @throws OrtError.
   */
  sizesOf(output: string, inputs: Tensors): Promise<readonly number[]> {
    return this.#holding([inputs], () => this.#sizesOf(output, inputs));
  }

  async #holding<T>(tensors: readonly Tensors[], start: () => Promise<T>): Promise<T> {
    if (this.#released) throw new Error('a session was run after it was released');
    const run = start();
    this.#running.set(run, tensors);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  async #run(inputs: Tensors, outputs: Tensors, signal: AbortSignal | undefined): Promise<void> {
    const { checked, later, plain } = this.#runtime;
    const staging = this.#allocator && (this.#free.pop() ?? new Staging(this.#allocator));
    const values: Pointer[] = [];
    const valueOf = (name: string, tensor: Tensor, filled: boolean): Pointer => {
      const value = staging ? staging.value(name, tensor, filled) : valueOver(this.#runtime, tensor);
      values.push(value);
      return value;
    };
    const binding = checked.CreateIoBinding(this.#session);
    const options = checked.CreateRunOptions();
    const terminate = (): void => {
      checked.RunOptionsSetTerminate(options);
    };
    try {
      for (const [name, tensor] of Object.entries(outputs))
        checked.BindOutput(binding, name, valueOf(name, tensor, false));
      for (const [name, tensor] of Object.entries(inputs)) {
        const value = valueOf(name, tensor, true);
        // To a device it is copied here, on another thread.
        if (staging) await later.BindInput(binding, name, value);
        else checked.BindInput(binding, name, value);
      }
      signal?.throwIfAborted();
      signal?.addEventListener('abort', terminate);
      await later.RunWithBinding(this.#session, options, binding);
      for (const [name, tensor] of Object.entries(outputs)) staging?.fetch(name, tensor);
    } finally {
      signal?.removeEventListener('abort', terminate);
      plain.ReleaseIoBinding(binding);
      values.forEach(plain.ReleaseValue);
      plain.ReleaseRunOptions(options);
      if (staging) this.#free.push(staging);
    }
  }

  async #sizesOf(output: string, inputs: Tensors): Promise<readonly number[]> {
    const { checked, later, plain, cpuMemory, allocator, pointersAt } = this.#runtime;
    const values: Pointer[] = [];
    const binding = checked.CreateIoBinding(this.#session);
    const options = checked.CreateRunOptions();
    try {
      checked.BindOutputToDevice(binding, output, cpuMemory);
      for (const [name, tensor] of Object.entries(inputs)) {
        const value = valueOver(this.#runtime, tensor);
        values.push(value);
        checked.BindInput(binding, name, value);
      }
      await later.RunWithBinding(this.#session, options, binding);
      const [place, count] = checked.GetBoundOutputValues(binding, allocator);
      const results = pointersAt(place, count);
      values.push(...results);
      checked.AllocatorFree(allocator, place);
      const { dims } = describe(this.#runtime, output, checked.GetTypeInfo(results[0] ?? null));
      return dims.map((size) => size ?? 0);
    } finally {
      plain.ReleaseIoBinding(binding);
      values.forEach(plain.ReleaseValue);
      plain.ReleaseRunOptions(options);
    }
  }

  /** Whether inputs and outputs pass through the memory that was asked for. */
  get staged(): boolean {
    return this.#allocator !== undefined;
  }

  /** Waits for runs that are under way. */
  release(): Promise<void> {
    this.#released ??= Promise.allSettled(this.#running.keys()).then(() => {
      for (const staging of this.#free) staging.free();
      this.#allocator?.release();
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
