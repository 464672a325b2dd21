import { isFile } from '../../lib/files.js';
import { findRegistered } from '../../models/registry.js';
import { modelFile } from '../../models/store.js';
import type { UpscaleFlags } from './flags.js';

export const PRESETS = {
  preview: { model: 'bicubic', scale: 4 },
  fast: { model: 'realesr-animevideov3', scale: 4 },
  production: { model: 'realesrgan-x4plus', scale: 4 },
} as const;

/** Where the model of `fast` was not pulled: the best networks that come with Reelscale, by their scales. */
const INSTEAD_OF_FAST: Readonly<Record<number, string>> = { 2: 'compact-x2', 3: 'espcn-x3', 4: 'compact-x4' };

type Named = Pick<UpscaleFlags, 'model' | 'preset' | 'scale'>;

/** The preset of a job that names none: production on a GPU, fast on a CPU. */
const defaultPreset = (gpu: boolean): 'production' | 'fast' => (gpu ? 'production' : 'fast');

/** The model or filter that flags name, by themselves or by a preset, or that is the default. */
export async function chosenModel(
  { model, preset, scale }: Named,
  { gpu, modelsRoot }: { gpu: boolean; modelsRoot: string },
): Promise<string> {
  if (model !== undefined) return model;
  const chosen = PRESETS[preset ?? defaultPreset(gpu)];
  if (chosen !== PRESETS.fast) return chosen.model;
  const wanted = scale ?? chosen.scale;
  const fast = findRegistered(chosen.model);
  if (fast && (await isFile(modelFile(modelsRoot, fast, wanted)))) return chosen.model;
  return INSTEAD_OF_FAST[wanted] ?? chosen.model;
}

/** Whether a model may have been chosen in place of another, by flags that name no model. */
export const standsIn = (model: string, flags: Named): boolean =>
  flags.model === undefined && Object.values(INSTEAD_OF_FAST).includes(model);

/** Whether flags name a model, and it cannot be this one. */
export function namesAnother(flags: Named, model: string, isSame: (name: string) => boolean): boolean {
  const name = flags.model ?? (flags.preset && PRESETS[flags.preset].model);
  if (name === undefined || isSame(name)) return false;
  return flags.preset !== 'fast' || !standsIn(model, flags);
}
