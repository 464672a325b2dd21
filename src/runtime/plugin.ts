import path from 'node:path';
import { type Bundle, bundlesExist, folderOf, libraryOf, truncatedLibraries } from './bundle.js';
import { RuntimeUnavailable } from './ortError.js';
import type { Runtime } from './runtime.js';

/**
 * Registers a plugin with ONNX Runtime, for the rest of the process. Once for each: whoever calls it remembers.
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
