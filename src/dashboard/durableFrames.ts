import path from 'node:path';
import type { From } from '../job/contracts.js';
import { jobLayout, type Roots } from '../job/layout.js';
import { partSchema } from '../job/parts.js';
import { type Plan, planSchema } from '../job/plan.js';
import type { JobSpec } from '../job/spec.js';
import { namesIn, overlookDamage, readJson } from '../lib/durable.js';

/** What is durable of a job, by its parts on the disk: how far it has come where nobody works on it. */
export interface DurableFrames {
  /** Of the whole video. */
  frames: number;
  segments: { frames: number; done: number }[];
}

/** @returns undefined while there is no plan. */
export async function durableOf(roots: Roots, spec: JobSpec): Promise<DurableFrames | undefined> {
  const planned = await plannedOf(roots, spec);
  if (!planned) return undefined;
  const {
    from,
    plan: { frames, segments },
  } = planned;
  const layout = jobLayout(roots, spec);
  const durable = async ({ index, startFrame }: Plan['segments'][number]): Promise<number> => {
    const ends = await Promise.all(
      [layout.planned(from).parts(index), layout.encoded(from, index)].map(async (folder) => {
        const last = (await recordsIn(folder)).at(-1);
        return last ? ((await endOf(last.record)) ?? startFrame) : startFrame;
      }),
    );
    return Math.max(...ends) - startFrame;
  };
  return {
    frames,
    segments: await Promise.all(
      segments.map(async (segment) => ({ frames: segment.frames, done: await durable(segment) })),
    ),
  };
}

export const durableCount = ({ segments }: DurableFrames): number => segments.reduce((sum, { done }) => sum + done, 0);

/** A job's plan: that of the conformed source counts once there is one. */
export async function plannedOf(roots: Roots, spec: JobSpec): Promise<{ from: From; plan: Plan } | undefined> {
  const layout = jobLayout(roots, spec);
  for (const from of ['conformed', 'source'] as const) {
    const plan = await readJson(layout.planned(from).plan, planSchema).catch(overlookDamage);
    if (plan) return { from, plan };
  }
  return undefined;
}

/** The records of parts in a folder, by their first frame. */
export async function recordsIn(folder: string): Promise<{ start: number; record: string }[]> {
  const names = await namesIn(folder);
  return names
    .filter((name) => /^\d{9}\.json$/.test(name))
    .sort()
    .map((name) => ({ start: Number.parseInt(name, 10), record: path.join(folder, name) }));
}

/** The frame behind a part. */
export const endOf = async (record: string): Promise<number | undefined> =>
  (await readJson(record, partSchema).catch(overlookDamage))?.end;
