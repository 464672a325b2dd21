import { UserError } from '../job/errors.js';
import { toRooted, type Roots } from '../job/layout.js';
import type { Method } from '../job/spec.js';
import { resolveModel } from '../models/resolve.js';
import type { UpscaleFlags } from './flags.js';

const FILTERS = ['bicubic', 'lanczos'] as const;
type Filter = (typeof FILTERS)[number];
const isFilter = (name: string): name is Filter => (FILTERS as readonly string[]).includes(name);

const PRESETS = {
  preview: { model: 'bicubic', scale: 4 },
  fast: { model: 'realesr-animevideov3', scale: 4 },
  production: { model: 'realesrgan-x4plus', scale: 4 },
} as const;

/** Context around a tile for a model whose receptive field is unknown. */
const DEFAULT_TILE_PAD = 32;
/** Share of the memory that one network may take. */
const MEMORY_SHARE = 0.5;

export interface MethodContext {
  roots: Roots;
  /** True when the job will run on a GPU. */
  gpu: boolean;
  /** Bytes of memory that the device has. */
  memory: number;
  width: number;
  height: number;
}

/** The model that flags name, by themselves or by a preset. */
export const namedModel = ({ model, preset }: UpscaleFlags): string | undefined => model ?? (preset && PRESETS[preset].model);

/**
 * Decides what makes the pictures: the flags over the preset over the default (production on a GPU, fast on a CPU).
 * @throws UserError for an unknown model, a scale that it lacks, or a model that has not been pulled.
 */
export async function resolveMethod(flags: UpscaleFlags, context: MethodContext): Promise<Method> {
  const preset = PRESETS[flags.preset ?? (context.gpu ? 'production' : 'fast')];
  const name = namedModel(flags) ?? preset.model;
  if (isFilter(name)) return { kind: 'filter', name, scale: flags.scale ?? preset.scale };
  if (flags.precision === 'fp16') throw new UserError('--precision fp16 is not made yet: use fp32 or auto');

  // A file's scale is its own; a registered model is asked for the preset's unless -s says otherwise.
  const isFile = /\.onnx$/i.test(name);
  const scale = flags.scale ?? (isFile ? undefined : preset.scale);
  const model = await resolveModel(name, { modelsRoot: context.roots.models, ...(scale !== undefined && { scale }) });
  return {
    kind: 'model',
    name: model.name,
    file: rootOf(context.roots, model.file),
    digest: model.digest,
    scale: model.scale,
    precision: 'fp32',
    tile: typeof flags.tile === 'number' ? evenTile(flags.tile) : autoTile(context, model.bytesPerPixel),
    tilePad: typeof flags.tilePad === 'number' ? flags.tilePad : (model.tilePad ?? DEFAULT_TILE_PAD),
    prePad: flags.prePad ?? 0,
  };
}

function rootOf(roots: Roots, file: string) {
  try {
    return toRooted(roots, 'models', file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return toRooted(roots, 'media', file);
  }
}

function evenTile(tile: number): number {
  if (tile !== 0 && (tile < 32 || tile % 2 !== 0)) throw new UserError('--tile: must be auto, 0 (the whole frame), or an even number from 32 on');
  return tile;
}

/** The whole frame where memory allows, else the largest square tile, a multiple of 32, that fits. */
function autoTile({ memory, width, height }: MethodContext, bytesPerPixel: number): number {
  const pixels = (memory * MEMORY_SHARE) / bytesPerPixel;
  if (width * height <= pixels) return 0;
  return Math.max(64, Math.floor(Math.sqrt(pixels) / 32) * 32);
}
