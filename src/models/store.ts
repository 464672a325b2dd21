import { stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../job/durable.js';
import { fileDigest } from '../job/parts.js';
import type { RegisteredModel } from './registry.js';

/**
 * ```
 * <models>/<name>-x<scale>/   model.onnx model.json    a pulled model; the folder appears whole or not at all
 * <models>/inspected/         <digest>.json            what files turned out to be
 * <models>/.pull-<random>/                             a pull at work
 * ```
 */
export const modelFolder = (modelsRoot: string, model: RegisteredModel, scale: number): string => path.resolve(modelsRoot, `${model.name}-x${scale}`);

export const modelFile = (modelsRoot: string, model: RegisteredModel, scale: number): string => path.join(modelFolder(modelsRoot, model, scale), 'model.onnx');

/** missing: never pulled, or removed; damaged: its bytes are not those that the registry names. */
export async function stateOf(modelsRoot: string, model: RegisteredModel, scale: number, signal?: AbortSignal): Promise<'ready' | 'missing' | 'damaged'> {
  try {
    const digest = await fileDigest(modelFile(modelsRoot, model, scale), signal);
    return digest === model.variants.get(scale)?.files.onnx ? 'ready' : 'damaged';
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return 'missing';
    throw error;
  }
}

export async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}
