import path from 'node:path';
import { overlookDamage, readKept } from '../lib/durable.js';
import { sizeOf } from '../lib/files.js';
import type { From } from './contracts.js';
import { jobLayout, type Roots, resolveRooted } from './layout.js';
import { mergedSchema, verdictSchema } from './records.js';
import type { StoredJob } from './store.js';

/** A whole result that did not pass its checks. */
export interface Rejected {
  /** Absolute path, hidden in the output's folder. */
  file: string;
  /** When it was rejected, ISO 8601. */
  at: string;
  sha256: string;
  problems: string[];
  /** The page about its checks, where it is there. */
  page: string | undefined;
}

/**
 * What a failed job's last try made, where it failed by its checks alone and the file is still there. A new try
 * forgets it.
 */
export async function rejectedResult(roots: Roots, { spec, ended }: StoredJob): Promise<Rejected | undefined> {
  if (ended?.state !== 'failed') return undefined;
  const layout = jobLayout(roots, spec);
  const verdict = await readKept(layout.verified, verdictSchema).catch(overlookDamage);
  const merged =
    verdict && !verdict.ok ? await readKept(layout.merged, mergedSchema).catch(overlookDamage) : undefined;
  if (!verdict || merged?.sha256 !== verdict.file.sha256) return undefined;
  const file = path.join(path.dirname(resolveRooted(roots, spec.output)), merged.file);
  if ((await sizeOf(file)) !== merged.bytes) return undefined;
  return {
    file,
    at: ended.at,
    sha256: merged.sha256,
    problems: verdict.problems,
    page: (await sizeOf(layout.verifiedPage)) === undefined ? undefined : layout.verifiedPage,
  };
}

/**
 * Where the frames of a job's encoded parts came from: a job goes from its source to the conformed copy, and never
 * back.
 */
export async function madeFrom(layout: ReturnType<typeof jobLayout>): Promise<From> {
  return (await sizeOf(layout.encodedRoot('conformed'))) === undefined ? 'source' : 'conformed';
}
