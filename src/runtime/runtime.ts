import { isMainThread } from 'node:worker_threads';
import { type Library, loadLibrary } from './library.js';
import { RuntimeUnavailable } from './ortError.js';
import type { Pointer } from './table.js';

/** Of OrtLoggingLevel. What goes wrong is thrown; the library would print it as well. */
const FATAL = 4;
/** Of OrtAllocatorType and OrtMemType. */
const DEVICE_ALLOCATOR = 0;
const DEFAULT_MEMORY = 0;

/** ONNX Runtime in this process: its functions, and what all sessions share. It stays until the process ends. */
export interface Runtime extends Library {
  environment: Pointer;
  cpuMemory: Pointer;
  allocator: Pointer;
}

let opened: Promise<Runtime> | undefined;

/**
 * The runtime of this process. Only its main thread may ask: providers that were registered by a thread do not
 * survive that thread's end.
 * @throws RuntimeUnavailable.
 */
export function openRuntime(): Promise<Runtime> {
  opened ??= open();
  return opened;
}

/** Undefined where the C API cannot be called: onnxruntime-node's binding does what it can then. */
export async function findRuntime(): Promise<Runtime | undefined> {
  try {
    return await openRuntime();
  } catch (error) {
    if (error instanceof RuntimeUnavailable) return undefined;
    throw error;
  }
}

async function open(): Promise<Runtime> {
  if (!isMainThread) throw new RuntimeUnavailable('only the main thread may call the C API of ONNX Runtime');
  const library = await loadLibrary();
  const { checked } = library;
  return {
    ...library,
    environment: checked.CreateEnv(FATAL, 'reelscale'),
    cpuMemory: checked.CreateCpuMemoryInfo(DEVICE_ALLOCATOR, DEFAULT_MEMORY),
    allocator: checked.GetAllocatorWithDefaultOptions(),
  };
}
