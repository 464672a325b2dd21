import { registered, registry, type RegisteredModel } from './registry.js';
import { isFile, modelFile } from './store.js';

export interface ModelInfo {
  name: string;
  architecture: string;
  /** Learned numbers. */
  parameters: number;
  licence: string;
  author: string;
  goodFor: string;
  variants: {
    scale: number;
    /** Source pixels of context around a tile. */
    radius: number;
    /** Where it is, or would be. */
    file: string;
    pulled: boolean;
  }[];
}

/** Every model that can be named, whether or not it has been pulled. */
export const listModels = (modelsRoot: string): Promise<ModelInfo[]> => Promise.all(registry.map((model) => describe(model, modelsRoot)));

/** @throws UserError when there is no model of that name. */
export const modelInfo = async (name: string, modelsRoot: string): Promise<ModelInfo> => describe(registered(name), modelsRoot);

async function describe(model: RegisteredModel, modelsRoot: string): Promise<ModelInfo> {
  const { name, architecture, parameters, licence, author, goodFor } = model;
  const variants = await Promise.all([...model.variants].map(async ([scale, { radius }]) => {
    const file = modelFile(modelsRoot, model, scale);
    return { scale, radius, file, pulled: await isFile(file) };
  }));
  return { name, architecture, parameters, licence, author, goodFor, variants };
}
