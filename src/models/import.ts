import path from 'node:path';
import { digestOf } from '../lib/digest.js';
import { UserError } from '../lib/errors.js';
import { quote } from '../lib/quote.js';
import { finishFolder } from './finish.js';
import { findImported, nameOfFile, requireFreeName } from './imported.js';
import { readNetwork } from './importFile.js';
import { inspectModel } from './inspect.js';
import { findByDigest } from './registry.js';
import { importedFolder, importedState, modelFolder, onnxFile, stateOf } from './store.js';
import { inWorkFolder, publishFolder } from './workFolder.js';

export interface ImportOptions {
  modelsRoot: string;
  /** Of the model; the file's name without its ending otherwise. */
  name?: string;
  signal?: AbortSignal;
}

export interface ImportedModel {
  name: string;
  scale: number;
  /** The ONNX file. */
  file: string;
  /** False when it was there already. */
  fresh: boolean;
}

/**
 * Imports a network from a file (readNetwork says which), so that it can be named. It is tried first, and its folder
 * appears whole or not at all. ncnn files that are a registered model, byte for byte, become that model.
 * @throws UserError with one line for what cannot be used, a name that is taken, and an imported model of that name
 * with other bytes.
 */
export async function importFile(file: string, { modelsRoot, name, signal }: ImportOptions): Promise<ImportedModel> {
  if (name !== undefined) requireFreeName(name);
  const { onnx, architecture, sha256 } = await readNetwork(file);
  const digest = digestOf(onnx);
  const place =
    (name === undefined ? placeOfRegistered(modelsRoot, digest) : undefined) ??
    (await placeOf(modelsRoot, name ?? nameOfFile(file)));
  const target = onnxFile(place.folder);
  if (await place.holds(digest))
    return {
      name: place.name,
      scale: (await inspectModel(target, { modelsRoot, signal })).scale,
      file: target,
      fresh: false,
    };
  return inWorkFolder(modelsRoot, async (work) => {
    const folder = path.join(work, 'model');
    const source = { file: path.basename(file), sha256 };
    const { scale } = await finishFolder(
      folder,
      onnx,
      (inspected) => ({
        name: place.name,
        scale: inspected.scale,
        digest,
        ...(architecture !== undefined && { architecture }),
        ...place.facts,
        source,
      }),
      {
        modelsRoot,
        signal,
        label: path.basename(file),
      },
    );
    const fresh = await publishFolder(folder, place.folder, work, () => place.holds(digest));
    return { name: place.name, scale, file: target, fresh };
  });
}

interface Place {
  name: string;
  folder: string;
  facts?: { architecture: string; licence: string; author: string };
  /** Whether that network is there already. @throws UserError when there is another one that must not be replaced. */
  holds(digest: string): Promise<boolean>;
}

function placeOfRegistered(modelsRoot: string, digest: string): Place | undefined {
  const found = findByDigest(digest);
  if (!found) return undefined;
  const { model, scale } = found;
  const { name, architecture, licence, author } = model;
  return {
    name,
    folder: modelFolder(modelsRoot, model, scale),
    facts: { architecture, licence, author },
    holds: async () => (await stateOf(modelsRoot, model, scale)).state === 'ready',
  };
}

async function placeOf(modelsRoot: string, wanted: string): Promise<Place> {
  requireFreeName(wanted);
  const name = (await findImported(modelsRoot, wanted)) ?? wanted;
  return {
    name,
    folder: importedFolder(modelsRoot, name),
    async holds(digest) {
      const found = await importedState(modelsRoot, name);
      if (found.state === 'missing') return false;
      if (found.state === 'ready' && found.digest === digest) return true;
      throw new UserError(
        `${quote(name)} is the name of an imported model with other bytes: ` +
          `remove that first (reelscale models remove ${name}), or give another name with --name`,
      );
    },
  };
}
