import path from 'node:path';
import { z } from 'zod';
import { fileDigest } from '../job/parts.js';
import { sha256Schema } from '../job/spec.js';
import { overlookDamage, readJson } from '../lib/durable.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import { pinnedDigest, type RegisteredModel, registry, scalesOf } from './registry.js';

/** Folder of the models that come with Reelscale. */
const SHIPPED = 'shipped';

/**
 * ```
 * <models>/<name>-x<scale>/   model.onnx model.json             a pulled model; the folder appears whole or not at all
 *                             <release>.pth denoise-0.50.onnx   where the denoise strength can be chosen
 * <models>/shipped/           <name>-<digest>/                  a model that comes with Reelscale, once it is used
 * <models>/<name>/            model.onnx model.json             an imported model, likewise
 * <models>/inspected/         <digest>.json                     what files turned out to be
 * <models>/.work-…/                                             a pull, import or removal at work
 * <models>/.<digest>.part                                       a download that goes on when it is asked for again
 * ```
 */
export function modelFolder(modelsRoot: string, model: RegisteredModel, scale: number): string {
  const shipped = model.variants.get(scale)?.shipped;
  // A later version's weights do not take the place of those that an unfinished job goes on with.
  if (shipped) return path.resolve(modelsRoot, SHIPPED, `${model.name}-${shipped.sha256.slice(0, 12)}`);
  return path.resolve(modelsRoot, `${model.name}-x${scale}`);
}
export const importedFolder = (modelsRoot: string, name: string): string => path.resolve(modelsRoot, name);

export const onnxFile = (folder: string): string => path.join(folder, 'model.onnx');
export const recordFile = (folder: string): string => path.join(folder, 'model.json');

export const modelFile = (modelsRoot: string, model: RegisteredModel, scale: number): string =>
  onnxFile(modelFolder(modelsRoot, model, scale));

/** Names of folders below the models folder that are not imported models. */
export const OWN_FOLDERS: ReadonlySet<string> = new Set([
  'inspected',
  // Where earlier releases kept speeds.
  'measured',
  SHIPPED,
  ...registry.flatMap((model) => scalesOf(model).map((scale) => `${model.name}-x${scale}`)),
]);

/** model.json: where a model came from. */
const recordSchema = z.object({
  name: z.string(),
  scale: z.number().int(),
  /** SHA-256 of model.onnx when it was stored. */
  digest: sha256Schema,
  architecture: z.string().optional(),
  licence: z.string().optional(),
  author: z.string().optional(),
  source: z.union([
    z.object({
      package: z.string(),
      version: z.string(),
      path: z.string(),
      param: sha256Schema,
      bin: sha256Schema,
      onnx: sha256Schema,
    }),
    z.object({ release: z.string(), sha256: sha256Schema, weakDenoise: sha256Schema.optional() }),
    z.object({ shipped: z.string(), sha256: sha256Schema }),
    z.object({ file: z.string(), sha256: sha256Schema }),
  ]),
});
export type ModelRecord = z.infer<typeof recordSchema>;

/** A damaged record is as good as none. */
export const readRecord = (folder: string): Promise<ModelRecord | undefined> =>
  readJson(recordFile(folder), recordSchema).catch(overlookDamage);

export type ModelState = { state: 'ready'; digest: string } | { state: 'missing' | 'damaged' };

/**
 * missing: never pulled, or removed; damaged: its bytes are neither those that the registry names nor, for a model out
 * of the release named there, those that its record names.
 */
export async function stateOf(
  modelsRoot: string,
  model: RegisteredModel,
  scale: number,
  signal?: AbortSignal,
): Promise<ModelState> {
  const folder = modelFolder(modelsRoot, model, scale);
  const digest = await digestIn(folder, signal);
  if (digest === undefined) return { state: 'missing' };
  if (digest === pinnedDigest(model, scale)) return { state: 'ready', digest };
  const record = await readRecord(folder);
  const sources = record && 'release' in record.source ? [record.source.sha256, record.source.weakDenoise] : [];
  const right = sources[0] === model.release?.sha256 && sources[1] === model.weakDenoise?.sha256;
  return right && record?.digest === digest ? { state: 'ready', digest } : { state: 'damaged' };
}

/** State of an imported model. */
export async function importedState(modelsRoot: string, name: string, signal?: AbortSignal): Promise<ModelState> {
  const folder = importedFolder(modelsRoot, name);
  const digest = await digestIn(folder, signal);
  if (digest === undefined) return { state: 'missing' };
  return (await readRecord(folder))?.digest === digest ? { state: 'ready', digest } : { state: 'damaged' };
}

const digestIn = (folder: string, signal: AbortSignal | undefined): Promise<string | undefined> =>
  fileDigest(onnxFile(folder), signal).catch(ignoreMissing);
