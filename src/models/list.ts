import { isFile } from '../lib/files.js';
import { importedNames } from './imported.js';
import { isShipped, type RegisteredModel, registry, scalesOf } from './registry.js';
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
  }[];
}

/** Every model that can be named, the registered ones first, whether or not they have been pulled. */
export async function listModels(modelsRoot: string): Promise<ListedModel[]> {
  const imported = await Promise.all((await importedNames(modelsRoot)).map((name) => listImported(name, modelsRoot)));
  return [...(await Promise.all(registry.map((model) => listRegistered(model, modelsRoot)))), ...imported];
}

async function listRegistered(model: RegisteredModel, modelsRoot: string): Promise<ListedModel> {
  const { name, architecture, goodFor } = model;
  const variants = await Promise.all(
    scalesOf(model).map(async (scale) => {
      const file = modelFile(modelsRoot, model, scale);
      return { scale, file, pulled: isShipped(model) || (await isFile(file)) };
    }),
  );
  return { name, kind: 'registered', architecture, goodFor, variants };
}

async function listImported(name: string, modelsRoot: string): Promise<ListedModel> {
  const folder = importedFolder(modelsRoot, name);
  const record = await readRecord(folder);
  const variants = record ? [{ scale: record.scale, file: onnxFile(folder), pulled: true }] : [];
  return {
    name,
    kind: 'imported',
    ...(record?.architecture !== undefined && { architecture: record.architecture }),
    variants,
  };
}
