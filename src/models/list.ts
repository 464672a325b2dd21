import path from 'node:path';
import { isFile } from '../lib/files.js';
import { importedNames } from './imported.js';
import type { Speed } from './info.js';
import { isShipped, pinnedDigest, type RegisteredModel, registry, scalesOf } from './registry.js';
import { importedFolder, modelFile, onnxFile, readRecord } from './store.js';

export interface ListedModel {
  name: string;
  kind: 'registered' | 'imported';
  architecture?: string;
  goodFor?: string;
  variants: {
    scale: number;
    /** Where it is, or would be. */
    file: string;
    /** Whether it is here, or comes with Reelscale. */
    pulled: boolean;
    /** Where it was measured here. */
    speed?: Speed;
  }[];
}

/** What was measured of the network with a digest. */
type SpeedOf = (digest: string) => Promise<Speed | undefined>;

/** Every model that can be named, the registered ones first, whether or not they have been pulled. */
export async function listModels(modelsRoot: string, speedOf?: SpeedOf): Promise<ListedModel[]> {
  const names = await importedNames(modelsRoot);
  return Promise.all([
    ...registry.map((model) => listRegistered(model, modelsRoot, speedOf)),
    ...names.map((name) => listImported(name, modelsRoot, speedOf)),
  ]);
}

async function listRegistered(
  model: RegisteredModel,
  modelsRoot: string,
  speedOf: SpeedOf | undefined,
): Promise<ListedModel> {
  const { name, architecture, goodFor } = model;
  const variants = await Promise.all(
    scalesOf(model).map(async (scale) => {
      const file = modelFile(modelsRoot, model, scale);
      const digest = pinnedDigest(model, scale) ?? (await readRecord(path.dirname(file)))?.digest;
      return { scale, file, pulled: isShipped(model) || (await isFile(file)), ...(await measured(digest, speedOf)) };
    }),
  );
  return { name, kind: 'registered', architecture, goodFor, variants };
}

async function listImported(name: string, modelsRoot: string, speedOf: SpeedOf | undefined): Promise<ListedModel> {
  const folder = importedFolder(modelsRoot, name);
  const record = await readRecord(folder);
  const variants = record
    ? [{ scale: record.scale, file: onnxFile(folder), pulled: true, ...(await measured(record.digest, speedOf)) }]
    : [];
  return {
    name,
    kind: 'imported',
    ...(record?.architecture !== undefined && { architecture: record.architecture }),
    variants,
  };
}

async function measured(digest: string | undefined, speedOf: SpeedOf | undefined): Promise<{ speed?: Speed }> {
  const speed = digest === undefined ? undefined : await speedOf?.(digest);
  return speed ? { speed } : {};
}
