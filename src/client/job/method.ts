import { type Roots, toRooted } from '../../job/layout.js';
import type { Method, ModelMethod } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';
import { resolveModel } from '../../models/resolve.js';
import { bestPrecision, DEVICES, kindOf, type Precision, requirePrecision } from '../../runtime/devices.js';
import { openvinoPlugin } from '../../runtime/openvinoFiles.js';
import { probeRuntime } from '../../runtime/probed.js';
import { autoTile, type RememberedFor } from './autoTile.js';
import type { UpscaleFlags } from './flags.js';
import { chosenModel, PRESETS } from './presets.js';

const FILTERS = ['bicubic', 'lanczos'] as const;
type Filter = (typeof FILTERS)[number];
export const isFilter = (name: string): name is Filter => (FILTERS as readonly string[]).includes(name);

/** Context around a tile for a model whose receptive field is unknown. */
const DEFAULT_TILE_PAD = 32;

export interface MethodContext {
  roots: Roots;
  /** True when the job will run on a GPU. */
  gpu: boolean;
  /** What computes networks, where it is not ONNX Runtime's own provider for the device. */
  provider?: ModelMethod['provider'];
  /** What `auto` is, where it was chosen by its speed. */
  precision?: Precision;
  /** Bytes of memory that the device has, see `deviceMemory`. */
  memory: number;
  width: number;
  height: number;
  /** The source's transfer function, where it is HDR. */
  hdr?: 'PQ' | 'HLG' | undefined;
  /** That of the unfinished job that is resumed: what it does with colours stays. */
  open?: Method | undefined;
  /** What a tile that is chosen here is remembered for: the source's digest, and what of its pictures is used. */
  remember?: RememberedFor | undefined;
}

/**
 * Decides what makes the pictures: the flags over the preset over the default.
 * @throws UserError for an unknown model, a scale that it lacks, a model that has not been pulled, or any model for
 * HDR.
 */
export async function resolveMethod(flags: UpscaleFlags, context: MethodContext): Promise<Method> {
  const name = await chosenModel(flags, { gpu: context.gpu, modelsRoot: context.roots.models });
  if (isFilter(name)) return filterOf(name, flags);
  if (context.hdr)
    throw new UserError(
      `the source is HDR (${context.hdr}), and networks are made for SDR: ` +
        `${name} would get its brightness and colours wrong; -m lanczos or -m bicubic enlarge it right`,
    );
  const precision = await precisionOf(flags.precision, context);

  // Without -s a model has its own scale, which for those of the presets is 4.
  const { denoise: wanted, scale } = flags;
  const model = await resolveModel(name, {
    modelsRoot: context.roots.models,
    ...(scale !== undefined && { scale }),
    ...(wanted !== undefined && { denoise: wanted }),
  });
  const { pixels, alignment, fixed, denoise } = model;
  const tilePad = typeof flags.tilePad === 'number' ? flags.tilePad : (model.tilePad ?? DEFAULT_TILE_PAD);
  return {
    kind: 'model',
    name: model.name,
    file: rootOf(context.roots, model.file),
    digest: model.digest,
    scale: model.scale,
    precision,
    ...(context.provider && { provider: context.provider }),
    tile: fixed
      ? fixedTile(flags.tile, fixed)
      : typeof flags.tile === 'number'
        ? evenTile(flags.tile)
        : await autoTile({
            ...context,
            bytesPerPixel: model.bytesPerPixel,
            tilePad,
            method: {
              digest: model.digest,
              scale: model.scale,
              precision,
              ...(context.provider && { provider: context.provider }),
              tilePad,
              prePad: flags.prePad ?? 0,
            },
          }),
    tilePad,
    prePad: flags.prePad ?? 0,
    pixels,
    alignment,
    ...(fixed && { fixed }),
    blend: flags.blend ?? 0,
    ...(denoise !== undefined && { denoise }),
    ...(pixels === 'rgb' && carries(context.open) && { outOfGamut: 'carried' as const }),
  };
}

/** @throws UserError for a precision that the device does not have. */
async function precisionOf(
  wanted: UpscaleFlags['precision'] = 'auto',
  { gpu, provider, precision }: MethodContext,
): Promise<Precision> {
  const kind = kindOf(provider, gpu ? 'gpu' : 'cpu');
  const taken = wanted === 'auto' ? (precision ?? bestPrecision(kind)) : wanted;
  requirePrecision(kind, taken);
  if (kind === DEVICES['openvino:cpu']) await requireOpenvino(taken);
  return taken;
}

async function requireOpenvino(precision: Precision): Promise<void> {
  // Workers elsewhere compute then; that there are some is asked before the job starts.
  if (openvinoPlugin() === undefined) return;
  const { openvino } = await probeRuntime();
  if ('problem' in openvino) throw new UserError(`--device openvino:cpu cannot be used here: ${openvino.problem}`);
  if (precision === 'bf16' && !openvino.bf16)
    throw new UserError(`--precision bf16: ${openvino.name} does not compute in it: use fp32 or auto`);
}

/** All new jobs do; parts of older ones were made before there was a way. */
const carries = (open: Method | undefined): boolean => open?.kind !== 'model' || open.outOfGamut === 'carried';

function filterOf(name: Filter, { scale, blend, denoise }: UpscaleFlags): Method {
  const flag = blend ? '--blend' : denoise === undefined ? undefined : '--denoise';
  if (flag) throw new UserError(`${flag} needs a model, and ${name} is a filter: choose another with -m`);
  return { kind: 'filter', name, scale: scale ?? PRESETS.preview.scale };
}

function rootOf(roots: Roots, file: string) {
  try {
    return toRooted(roots, 'models', file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return toRooted(roots, 'media', file);
  }
}

/** A network of one size has no other tiles. */
function fixedTile(tile: UpscaleFlags['tile'], { width, height }: NonNullable<ModelMethod['fixed']>): number {
  if (typeof tile === 'number' && tile !== 0)
    throw new UserError(
      `--tile: this model takes pictures of ${width}x${height} only, which are its tiles: leave it out`,
    );
  return 0;
}

function evenTile(tile: number): number {
  if (tile !== 0 && (tile < 32 || tile % 2 !== 0))
    throw new UserError('--tile: must be auto, 0 (the whole frame), or an even number from 32 on');
  return tile;
}
