import path from 'node:path';
import { UserError } from '../job/errors.js';
import { inspectModel } from './inspect.js';
import { findRegistered, registry, scalesOf, type RegisteredModel } from './registry.js';
import { isFile, modelFile, stateOf } from './store.js';

export interface ResolvedModel {
  /** The registry's name, or the path as the user gave it. */
  name: string;
  /** Absolute path of the ONNX file. */
  file: string;
  /** SHA-256 of that file. */
  digest: string;
  scale: number;
  /** Source pixels of context that a tile needs on each side, even; undefined when it is not known. */
  tilePad: number | undefined;
  /** Peak memory of inference for each source pixel of a tile, in bytes; an estimate. */
  bytesPerPixel: number;
}

export interface ResolveOptions {
  modelsRoot: string;
  /** The model's own, or its largest, without it. */
  scale?: number;
  signal?: AbortSignal;
}

/** Of a network that nothing is known about: what the largest registered one takes. */
const UNKNOWN_BYTES_PER_PIXEL = Math.max(...registry.map((model) => model.bytesPerPixel));

/**
 * Finds the model that a user means: a registered name (any case) or the path of an ONNX file.
 * @throws UserError for an unknown name, a file that cannot be used, a scale that it lacks, and a model that was not pulled.
 */
export async function resolveModel(nameOrPath: string, options: ResolveOptions): Promise<ResolvedModel> {
  const model = findRegistered(nameOrPath);
  if (model) return resolveRegistered(model, options);
  if (await isFile(nameOrPath)) return resolveFile(nameOrPath, options);
  const names = ['bicubic', 'lanczos', ...registry.map(({ name }) => name)].join(', ');
  throw new UserError(`there is no model ${JSON.stringify(nameOrPath)}: choose one of ${names}, or give the path of an ONNX file that exists`);
}

async function resolveRegistered(model: RegisteredModel, { modelsRoot, scale: wanted, signal }: ResolveOptions): Promise<ResolvedModel> {
  const { name, bytesPerPixel } = model;
  const scale = wanted ?? Math.max(...scalesOf(model));
  const variant = model.variants.get(scale);
  if (!variant) throw lacksScale(name, scalesOf(model), scale);
  const state = await stateOf(modelsRoot, model, scale, signal);
  if (state === 'missing') throw new UserError(`model ${name} is not here yet: run \`reelscale models pull ${name}\`, or use --preset preview`);
  if (state === 'damaged') throw new UserError(`model ${name} was damaged on the disk: run \`reelscale models pull ${name}\` again`);
  return { name, file: modelFile(modelsRoot, model, scale), digest: variant.files.onnx, scale, tilePad: variant.radius + (variant.radius % 2), bytesPerPixel };
}

async function resolveFile(given: string, { modelsRoot, scale: wanted, signal }: ResolveOptions): Promise<ResolvedModel> {
  const file = path.resolve(given);
  const { digest, scale, dynamic } = await inspectModel(file, { modelsRoot, signal });
  if (!dynamic) throw new UserError(`${JSON.stringify(given)} takes pictures of one size only: export it with dynamic height and width`);
  if (wanted !== undefined && wanted !== scale) throw lacksScale(JSON.stringify(given), [scale], wanted);
  return { name: given, file, digest, scale, tilePad: undefined, bytesPerPixel: UNKNOWN_BYTES_PER_PIXEL };
}

const lacksScale = (name: string, scales: number[], wanted: number): UserError =>
  new UserError(`model ${name} has no scale ${wanted}, only ${scales.join(', ')}`);
