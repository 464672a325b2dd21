import path from 'node:path';
import { type Bundle, bundlesExist, folderOf, libraryOf, truncatedLibraries } from './bundle.js';
import { RuntimeUnavailable } from './ortError.js';
import type { Runtime } from './runtime.js';

type Find<T> = (runtime: Runtime, folder?: string) => Promise<T>;

/** Finds what a plugin has once for each runtime, since that registers the plugin. */
export function oncePerRuntime<T>(find: Find<T>): Find<T> {
  const known = new WeakMap<Runtime, Promise<T>>();
  return (runtime, folder) => {
    const found = known.get(runtime) ?? find(runtime, folder);
    known.set(runtime, found);
    return found;
  };
}

/** One of the GPUs that a plugin tells. @param finder what people call it. @throws RuntimeUnavailable for none. */
export function gpuNumber<T>(gpus: readonly T[], number: number, finder: string): T {
  const gpu = gpus[number];
  if (gpu === undefined) throw new RuntimeUnavailable(`${finder} finds no GPU number ${number}`);
  return gpu;
}

/**
 * Registers a plugin with ONNX Runtime, for the rest of the process. Once for each: see `oncePerRuntime`.
 * @param around does the registering itself.
 * @throws RuntimeUnavailable, whose message says why it cannot be used here.
 */
export async function registerPlugin(
  { checked, environment }: Runtime,
  bundle: Bundle,
  folder = folderOf(bundle),
  around: (register: () => void) => void = (register) => {
    register();
  },
): Promise<void> {
  const { title, name, setUp } = bundle;
  if (!bundlesExist()) throw new RuntimeUnavailable(`there is ${title} for Linux on x86-64 only`);
  const library = libraryOf(bundle, folder);
  if (library === undefined) throw new RuntimeUnavailable(`${title} is not here: run ${setUp}`);
  const [cut] = await truncatedLibraries(folder);
  if (cut !== undefined) throw new RuntimeUnavailable(`${path.join(folder, cut)} is truncated: run ${setUp}`);
  try {
    around(() => {
      checked.RegisterExecutionProviderLibrary(environment, name, library);
    });
  } catch (error) {
    const version = bundle.wheels[0]?.version ?? '';
    throw new RuntimeUnavailable(`${title} ${version} cannot be loaded (${(error as Error).message})`);
  }
}
