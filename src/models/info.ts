import { findImported } from './imported.js';
import { inspectModel } from './inspect.js';
import type { Inspected } from './inspected.js';
import { placeShipped } from './pull.js';
import { findRegistered, type RegisteredModel } from './registry.js';
import { isOnnxPath, tilePadOf, unknownModel, wholePad } from './resolve.js';
import { sourcesOf } from './sources.js';
import { importedFolder, importedState, type ModelState, modelFile, onnxFile, readRecord, stateOf } from './store.js';

export interface ModelInfo {
  name: string;
  kind: 'registered' | 'imported' | 'file';
  architecture?: string;
  parameters?: number;
  licence?: string;
  author?: string;
  goodFor?: string;
  /** True when the denoise strength can be chosen. */
  denoise: boolean;
  /** Where it comes from, in the order in which they are asked. */
  sources: string[];
  variants: VariantInfo[];
}

export interface Speed {
  device: string;
  precision: string;
  /** In source pixels: of the picture that was run. */
  tile: { width: number; height: number };
  /** Frames a second for a video of 720x576, as far as the network goes. */
  fps: number;
}

export interface VariantInfo {
  scale?: number;
  /** Where it is, or would be. */
  file: string;
  state: ModelState['state'];
  /** Source pixels of context around a tile. */
  tilePad?: number;
  /** Peak memory of inference for each source pixel of a tile, in bytes. */
  bytesPerPixel?: number;
  /** What it turned out to be, when it is here. */
  inspected?: Inspected;
  /** When it is here. */
  speed?: Speed | { problem: string };
}

export interface InfoOptions {
  modelsRoot: string;
  /** How fast a network is here, or why it cannot be computed. */
  speedOf: (network: Inspected & { file: string }) => Promise<Speed | { problem: string }>;
  signal?: AbortSignal;
}

/**
 * A registered or an imported model, or an ONNX file. What is here is tried, and its speed measured, once.
 * @throws UserError when there is no such model, or the file cannot be used.
 */
export async function modelInfo(nameOrPath: string, options: InfoOptions): Promise<ModelInfo> {
  const model = findRegistered(nameOrPath);
  if (model) return infoOfRegistered(model, options);
  const imported = await findImported(options.modelsRoot, nameOrPath);
  if (imported !== undefined) return infoOfImported(imported, options);
  if (!(await isOnnxPath(nameOrPath))) throw unknownModel(nameOrPath);
  const variant = await tried(nameOrPath, options);
  return {
    name: nameOrPath,
    kind: 'file',
    parameters: variant.inspected.parameters,
    denoise: false,
    sources: [],
    variants: [variant],
  };
}

async function infoOfRegistered(model: RegisteredModel, options: InfoOptions): Promise<ModelInfo> {
  const { name, architecture, parameters, licence, author, goodFor, bytesPerPixel, weakDenoise } = model;
  await placeShipped(model, options.modelsRoot, options.signal);
  const variants: VariantInfo[] = [];
  for (const [scale, { radius, alignment }] of model.variants) {
    const file = modelFile(options.modelsRoot, model, scale);
    const { state } = await stateOf(options.modelsRoot, model, scale, options.signal);
    variants.push({
      ...(state === 'ready' && (await tried(file, options))),
      scale,
      file,
      state,
      tilePad: wholePad(radius, alignment),
      bytesPerPixel,
    });
  }
  const sources = sourcesOf(model).flatMap((source) => source.files(model));
  return {
    name,
    kind: 'registered',
    architecture,
    parameters,
    licence,
    author,
    goodFor,
    denoise: weakDenoise !== undefined,
    sources,
    variants,
  };
}

async function infoOfImported(name: string, options: InfoOptions): Promise<ModelInfo> {
  const folder = importedFolder(options.modelsRoot, name);
  const { state } = await importedState(options.modelsRoot, name, options.signal);
  const record = await readRecord(folder);
  const variant = state === 'ready' ? await tried(onnxFile(folder), options, name) : { file: onnxFile(folder), state };
  return {
    name,
    kind: 'imported',
    ...(record?.architecture !== undefined && { architecture: record.architecture }),
    ...('inspected' in variant && { parameters: variant.inspected.parameters }),
    denoise: false,
    sources: record && 'file' in record.source ? [record.source.file] : [],
    variants: [variant],
  };
}

async function tried(file: string, { modelsRoot, speedOf, signal }: InfoOptions, label?: string) {
  const inspected = await inspectModel(file, { modelsRoot, signal, ...(label !== undefined && { label }) });
  const { scale, bytesPerPixel } = inspected;
  const tilePad = tilePadOf(inspected);
  const speed = await speedOf({ ...inspected, file });
  return {
    scale,
    file,
    state: 'ready' as const,
    ...(tilePad !== undefined && { tilePad }),
    bytesPerPixel,
    inspected,
    speed,
  };
}
