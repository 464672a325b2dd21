import path from 'node:path';
import { UserError } from '../lib/errors.js';
import { isFile } from '../lib/files.js';
import { DEFAULT_DENOISE, mixDenoise } from './denoise.js';
import { findImported } from './imported.js';
import { inspectModel } from './inspect.js';
import type { Inspected } from './inspected.js';
import { placeShipped } from './pull.js';
import { findRegistered, type RegisteredModel, registry, scalesOf } from './registry.js';
import { importedFolder, importedState, modelFile, modelFolder, onnxFile, stateOf } from './store.js';

export interface ResolvedModel {
  /** The registry's name, an imported model's, or the path as the user gave it. */
  name: string;
  /** Absolute path of the ONNX file. */
  file: string;
  /** SHA-256 of that file. */
  digest: string;
  scale: number;
  /**
   * Source pixels of context that a tile needs on each side, a multiple of 2 and of the alignment; undefined when it
   * is not known.
   */
  tilePad: number | undefined;
  /** Peak memory of inference for each source pixel of a tile, in bytes; an estimate. */
  bytesPerPixel: number;
  pixels: Inspected['pixels'];
  precision: Inspected['precision'];
  /** Sizes of tiles must be multiples of it. */
  alignment: number;
  /** The only size of tile that it takes. */
  fixed?: { width: number; height: number };
  /** The denoise strength, for the model that has one. */
  denoise?: number;
}

export interface ResolveOptions {
  modelsRoot: string;
  /** The model's own, or its largest, without it. */
  scale?: number;
  /** Strength from 0 (keep noise) to 1, for a model that lets it be chosen; 0.5 without it. */
  denoise?: number;
  signal?: AbortSignal;
}

/**
 * Deep networks see hundreds of pixels far; this many of the grid that they work on are enough for tiles without
 * seams.
 */
const ENOUGH_RADIUS = 48;

/**
 * Finds the model that a user means: a registered name, the name of an imported model (any case), or the path of an
 * ONNX file.
 * @throws UserError for an unknown name, a file that cannot be used, a scale or denoise strength that it lacks, and a
 * model that was not pulled.
 */
export async function resolveModel(nameOrPath: string, options: ResolveOptions): Promise<ResolvedModel> {
  const model = findRegistered(nameOrPath);
  if (options.denoise !== undefined && !model?.weakDenoise) throw lacksDenoise(nameOrPath);
  if (model) return resolveRegistered(model, options);
  const imported = await findImported(options.modelsRoot, nameOrPath);
  if (imported) return resolveImported(imported, options);
  if (await isOnnxPath(nameOrPath)) return resolveFile(nameOrPath, options);
  throw unknownModel(nameOrPath, 'bicubic', 'lanczos');
}

/** Whether there is a file to be tried. @throws UserError for the files of other formats, which are imported. */
export async function isOnnxPath(name: string): Promise<boolean> {
  if (!/\.(pth|pt|safetensors|param|bin)$/i.test(name)) return isFile(name);
  throw new UserError(
    `${JSON.stringify(name)} must be imported first: ` +
      'run `reelscale models import PATH`, then give the name that it prints',
  );
}

/** @param methods that are no models and could be named as well. */
export function unknownModel(name: string, ...methods: string[]): UserError {
  const names = [...methods, ...registry.map((model) => model.name)].join(', ');
  return new UserError(
    `there is no model ${JSON.stringify(name)}: ` +
      `choose one of ${names}, an imported one, or give the path of an ONNX file that exists`,
  );
}

async function resolveRegistered(
  model: RegisteredModel,
  { modelsRoot, scale: wanted, denoise, signal }: ResolveOptions,
): Promise<ResolvedModel> {
  const { name, bytesPerPixel } = model;
  const scale = wanted ?? Math.max(...scalesOf(model));
  const variant = model.variants.get(scale);
  if (!variant) throw lacksScale(name, scalesOf(model), scale);
  await placeShipped(model, modelsRoot, signal);
  const found = await stateOf(modelsRoot, model, scale, signal);
  if (found.state === 'missing')
    throw new UserError(
      `model ${name} is not here yet: run \`reelscale models pull ${name}\`, or use --preset preview`,
    );
  if (found.state !== 'ready')
    throw new UserError(`model ${name} was damaged on the disk: run \`reelscale models pull ${name}\` again`);
  const { alignment } = variant;
  const { file, digest, ...strength } =
    model.release && model.weakDenoise
      ? await mixDenoise({ name, strong: model.release, weak: model.weakDenoise }, denoise ?? DEFAULT_DENOISE, {
          folder: modelFolder(modelsRoot, model, scale),
          digest: found.digest,
        })
      : { file: modelFile(modelsRoot, model, scale), digest: found.digest };
  return {
    name,
    file,
    digest,
    scale,
    tilePad: wholePad(variant.radius, alignment),
    bytesPerPixel,
    pixels: model.pixels ?? 'rgb',
    precision: 'fp32',
    alignment,
    ...strength,
  };
}

async function resolveImported(name: string, { modelsRoot, scale, signal }: ResolveOptions): Promise<ResolvedModel> {
  const found = await importedState(modelsRoot, name, signal);
  if (found.state !== 'ready')
    throw new UserError(
      `model ${name} was damaged on the disk: run \`reelscale models remove ${name}\`, then import it again`,
    );
  const file = onnxFile(importedFolder(modelsRoot, name));
  return describe(name, file, await inspectModel(file, { modelsRoot, signal, label: name }), scale);
}

async function resolveFile(given: string, { modelsRoot, scale, signal }: ResolveOptions): Promise<ResolvedModel> {
  const file = path.resolve(given);
  return describe(given, file, await inspectModel(file, { modelsRoot, signal }), scale);
}

function describe(name: string, file: string, inspected: Inspected, wanted: number | undefined): ResolvedModel {
  const { digest, scale, bytesPerPixel, pixels, precision, alignment, fixed } = inspected;
  if (wanted !== undefined && wanted !== scale) throw lacksScale(JSON.stringify(name), [scale], wanted);
  return {
    name,
    file,
    digest,
    scale,
    tilePad: tilePadOf(inspected),
    bytesPerPixel,
    pixels,
    precision,
    alignment,
    ...(fixed && { fixed }),
  };
}

/** Context that a tile needs, as far as the network sees or as far as one can see that it sees. */
export function tilePadOf({ radius, alignment }: Pick<Inspected, 'radius' | 'alignment'>): number | undefined {
  return radius === undefined ? undefined : wholePad(Math.min(radius, ENOUGH_RADIUS * alignment), alignment);
}

/** The smallest pad that is even, a multiple of the alignment, and reaches that far. */
export function wholePad(radius: number, alignment: number): number {
  const unit = Math.max(2, alignment);
  return Math.ceil(radius / unit) * unit;
}

const lacksScale = (name: string, scales: number[], wanted: number): UserError =>
  new UserError(`model ${name} has no scale ${wanted}, only ${scales.join(', ')}`);

const lacksDenoise = (name: string): UserError =>
  new UserError(
    `model ${JSON.stringify(name)} has no denoise strength: only ${registry
      .filter((model) => model.weakDenoise)
      .map((model) => model.name)
      .join(', ')} has one`,
  );
