import path from 'node:path';
import type { Client } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import type { BatchEntry, Made } from '../../job/batch/records.js';
import type { BatchSpec } from '../../job/batch/spec.js';
import type { JobReport, UpscaleVideoInput } from '../../job/contracts.js';
import { shortJob } from '../../job/keys.js';
import { resolveRooted } from '../../job/layout.js';
import type { StoredJob } from '../../job/store.js';
import { ignoreKnown } from '../../lib/systemErrors.js';
import { makePublicFolder } from '../../lib/umask.js';
import { discoverDevices } from '../../upscaler/devices.js';
import { storeEstimate } from '../estimate/estimateWork.js';
import { finishedBefore, refuseWithoutEncoder, refuseWithoutSpace } from './beforeStart.js';
import { parseFlags } from './flags.js';
import { resolveJob } from './resolveJob.js';
import { sourceDigest } from './sourceDigest.js';
import { recordJob, workflowInput } from './submit.js';

export interface VideoRequest {
  batch: BatchSpec;
  entry: BatchEntry;
  /** What is remembered of an earlier round. */
  made: Made | undefined;
  searchAttributes: boolean;
  client: Client;
}

export type ResolvedVideo =
  /** Its result is there already, with its job where that was kept. */
  | { kind: 'done'; job: string; stored?: StoredJob & { report: JobReport } }
  /** Its job is recorded and may be started. */
  | { kind: 'ready'; input: UpscaleVideoInput };

/**
 * Makes a job of a batch's video on this host, by the same steps as `reelscale upscale`. @throws UserError where it
 * cannot become one.
 */
export async function resolveVideo(config: Config, request: VideoRequest): Promise<ResolvedVideo> {
  const { batch, entry, searchAttributes, client } = request;
  const known = await sameContent(config, request);
  if (known !== undefined) return { kind: 'done', job: known };
  const output = resolveRooted(config.roots, entry.output);
  const flags = {
    ...parseFlags(batch.flags),
    output,
    ...(batch.modelFile && { model: resolveRooted(config.roots, batch.modelFile) }),
  };
  makePublicFolder(path.dirname(output));
  const job = await resolveJob(resolveRooted(config.roots, entry.input), flags, config);
  const report = await finishedBefore(job, config, flags.overwrite);
  if (report && job.stored) return { kind: 'done', job: shortJob(job.spec), stored: { ...job.stored, report } };
  await refuseWithoutSpace(job, config);
  await refuseWithoutEncoder(job, config);
  await recordJob(config, job.spec);
  await storeEstimate(config, job);
  const pool = {
    client,
    namespace: config.namespace,
    queuePrefix: config.queuePrefix,
    searchAttributes,
    devices: await discoverDevices(),
  };
  return { kind: 'ready', input: await workflowInput(config, pool, job.spec, batch.priority) };
}

/** The job that made this result of the same bytes, also when its folder was cleaned away since. */
async function sameContent({ roots }: Config, { entry, made }: VideoRequest): Promise<string | undefined> {
  if (made?.output.path !== entry.output.path) return undefined;
  // What cannot be read fails by itself, when the job reads it.
  const digest = async (file: string) => (await sourceDigest(roots.jobs, file).catch(ignoreKnown))?.digest;
  if ((await digest(resolveRooted(roots, entry.input))) !== made.digest) return undefined;
  return (await digest(resolveRooted(roots, entry.output))) === made.outputSha256 ? made.job : undefined;
}
