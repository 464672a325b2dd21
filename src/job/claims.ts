import { createHash } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { publishJson, randomName, readJson } from './durable.js';
import { keySchema } from './inputs.js';
import type { Roots } from './layout.js';
import type { RootedPath } from './spec.js';

const claimSchema = z.object({ jobKey: keySchema, output: z.string() });

function claimFile(roots: Pick<Roots, 'jobs'>, output: RootedPath): string {
  const name = createHash('sha256').update(`${output.root}\0${output.path}`).digest('hex').slice(0, 32);
  return path.join(roots.jobs, 'outputs', `${name}.json`);
}

/** Which job owns an output path, if any. */
export async function ownerOf(roots: Pick<Roots, 'jobs'>, output: RootedPath): Promise<string | undefined> {
  return (await readJson(claimFile(roots, output), claimSchema))?.jobKey;
}

/** Takes an output path for a job. @returns the owner: this job, or the one that was first. */
export async function claimOutput(roots: Pick<Roots, 'jobs'>, output: RootedPath, jobKey: string): Promise<string> {
  const file = claimFile(roots, output);
  await mkdir(path.dirname(file), { recursive: true });
  for (;;) {
    if (await publishJson(file, { jobKey, output: output.path })) return jobKey;
    const owner = await ownerOf(roots, output);
    if (owner !== undefined) return owner;
  }
}

/** Gives an output path up, if that job still owns it. */
export async function releaseOutput(roots: Pick<Roots, 'jobs'>, output: RootedPath, jobKey: string): Promise<void> {
  const file = claimFile(roots, output);
  if ((await ownerOf(roots, output)) !== jobKey) return;
  // Renamed before it is removed: of two that release at the same time only one finds it.
  const aside = path.join(path.dirname(file), `.${randomName()}.tmp`);
  await rename(file, aside).catch(() => undefined);
  await rm(aside, { force: true });
}
