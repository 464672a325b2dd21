import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { publishJson, putAside, randomName, readJson } from '../lib/durable.js';
import { RecordDamaged } from '../lib/errors.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import { keySchema } from './inputs.js';
import { fileKey } from './keys.js';
import type { Roots } from './layout.js';
import type { RootedPath } from './spec.js';
import { openJobs } from './store.js';

const claimSchema = z.object({ jobKey: keySchema, output: z.string() });

const claimFile = (roots: Pick<Roots, 'jobs'>, output: RootedPath): string =>
  path.join(roots.jobs, 'outputs', `${fileKey(output)}.json`);

/** Which job owns an output path, if any. A damaged claim is made again from the open job that has this output. */
export async function ownerOf(roots: Pick<Roots, 'jobs'>, output: RootedPath): Promise<string | undefined> {
  const file = claimFile(roots, output);
  try {
    return (await readJson(file, claimSchema))?.jobKey;
  } catch (error) {
    if (!(error instanceof RecordDamaged)) throw error;
    const owner = (await openJobs(roots)).find(
      (spec) => spec.output.root === output.root && spec.output.path === output.path,
    );
    await putAside(error);
    if (owner) await publishJson(file, { jobKey: owner.jobKey, output: output.path });
    return owner?.jobKey;
  }
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
  await rename(file, aside).catch(ignoreMissing);
  await rm(aside, { force: true });
}
