import { findRuntime } from './runtime.js';
import { NativeSession, type Tensors } from './session.js';

/** A network that is asked only of what sizes its results are. */
export interface CpuNetwork {
  /** Runs it. @returns the sizes of what it gives by that name. */
  sizesOf(output: string, inputs: Tensors): Promise<readonly number[]>;
  release(): Promise<void>;
}

/**
 * Opens a network on the CPU as jobs do: by the C API, else by onnxruntime-node's binding.
 * @throws the library's error for bytes that it cannot open.
 */
export async function openOnCpu(bytes: Uint8Array): Promise<CpuNetwork> {
  const runtime = await findRuntime();
  if (runtime) return NativeSession.create(runtime, bytes);
  // It loads the library a second time, so it is loaded where it is needed only.
  const { openBinding, sizesByBinding } = await import('./binding.js');
  const session = await openBinding(bytes, { kind: 'cpu', id: 0 });
  return {
    sizesOf: (output, inputs) => sizesByBinding(session, output, inputs),
    release: () => session.release(),
  };
}
