import path from 'node:path';
import { type Roots, resolveRooted } from '../../job/layout.js';
import type { JobSpec } from '../../job/spec.js';
import type { UpscaleFlags } from './flags.js';
import { namesAnother } from './presets.js';

/** What was left out is taken from the unfinished job, unless another model is asked for. */
export function inherit(given: UpscaleFlags, job: JobSpec, roots: Roots): UpscaleFlags {
  const open = methodFlags(job, roots);
  const { model = '' } = open;
  if (namesAnother(given, model, (name) => name === model || path.resolve(name) === model)) return given;
  const flags = Object.fromEntries(
    Object.entries(given).filter(([name, value]) => name !== 'preset' && value !== undefined),
  );
  return { ...open, ...flags };
}

/** The flags that would give an unfinished job's pictures again. */
function methodFlags({ method }: JobSpec, roots: Roots): UpscaleFlags {
  if (method.kind === 'filter') return { model: method.name, scale: method.scale };
  const { scale, tile, tilePad, prePad, precision, blend, denoise } = method;
  const model = method.file.root === 'media' ? resolveRooted(roots, method.file) : method.name;
  return {
    model,
    scale,
    tile,
    tilePad,
    prePad,
    blend,
    ...(denoise !== undefined && { denoise }),
    ...(precision !== 'int8' && { precision }),
  };
}
