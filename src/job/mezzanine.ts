import { readKept } from '../lib/durable.js';
import { jobLayout, type Roots } from './layout.js';
import { findParts } from './parts.js';
import { planSchema } from './plan.js';
import type { JobSpec } from './spec.js';

/** Whether all upscaled frames of a job are still on the disk. */
export async function hasMezzanine(roots: Pick<Roots, 'jobs'>, spec: JobSpec): Promise<boolean> {
  const layout = jobLayout(roots, spec);
  for (const from of ['conformed', 'source'] as const) {
    const { plan: file, parts } = layout.planned(from);
    const plan = await readKept(file, planSchema);
    if (plan && (await isWhole(plan.segments, parts))) return true;
  }
  return false;
}

async function isWhole(
  segments: readonly { index: number; startFrame: number; frames: number }[],
  folder: (segment: number) => string,
): Promise<boolean> {
  for (const { index, startFrame, frames } of segments) {
    const end = startFrame + frames;
    if ((await findParts(folder(index), startFrame, end)).at(-1)?.end !== end) return false;
  }
  return true;
}
