import { access, constants, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Config } from '../../../temporal.config.js';
import { type BatchSpec, batchKeyOf } from '../../job/batch/spec.js';
import { containerSchema } from '../../job/contents.js';
import { PRIORITY } from '../../job/priority.js';
import type { RootedPath } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';
import { ignoreUnreachable } from '../../lib/systemErrors.js';
import { makePublicFolder } from '../../lib/umask.js';
import { kindOf } from '../../runtime/devices.js';
import { resolveEncode } from '../job/encodeFlags.js';
import { parseFlags, parseOptions, type UpscaleFlags, upscaleFlagsSchema } from '../job/flags.js';
import { inRoot } from '../job/mediaRoot.js';
import { isFilter, resolveMethod } from '../job/method.js';
import { whole } from '../job/numbers.js';
import { placement } from '../job/placement.js';
import { rangeOf } from '../job/resolvePart.js';

/** Videos at work at the same time: one keeps the devices busy while another is read, joined or checked. */
const PARALLEL = 2;

/** What a batch is told besides the flags of its jobs. */
const ownFlagsSchema = z.object({
  outDir: z.string({ error: 'must name the folder for the results' }).min(1, 'must name a folder'),
  container: z
    .enum(containerSchema.options, { error: `must be one of ${containerSchema.options.join(', ')}` })
    .default('mp4'),
  parallel: whole(1, 64).optional(),
});

/** Flags of a job that a batch has no use for. */
const NOT_OF_JOBS = ['output', 'detach', 'json'];
/** Flags that say how to work, not what to make: the same batch with others is the same batch. */
const NOT_OF_KEY = ['overwrite', 'priority', 'tag', 'device', 'keepMezzanine', 'segmentFrames', 'checkpointFrames'];

export interface AskedBatch {
  /** For people. */
  name: string;
  /** What names the videos, for the batch's identity. */
  sources: readonly string[];
  watch?: NonNullable<BatchSpec['watch']>;
  /** As text from a command line. */
  options: Record<string, unknown>;
}

/**
 * Turns flags into a batch. Writes nothing but the folder for the results, at the end.
 * @throws UserError for flags that no video could be upscaled with.
 */
export async function specifyBatch({ name, sources, watch, options }: AskedBatch, config: Config): Promise<BatchSpec> {
  const own = parseOptions(ownFlagsSchema, options);
  const texts = Object.fromEntries(
    Object.entries(options).filter(
      ([flag, value]) => flag in upscaleFlagsSchema.shape && !NOT_OF_JOBS.includes(flag) && value !== undefined,
    ),
  ) as BatchSpec['flags'];
  const flags = parseFlags(texts);
  const { tags, device, provider, precision } = await placement(flags, undefined, config);
  const modelFile = await ownModel(flags, config);
  // The size of a picture that nobody has seen yet decides about tiles only.
  const method = await resolveMethod(flags, {
    roots: config.roots,
    gpu: kindOf(provider, device === 'cpu' ? 'cpu' : 'gpu').hardware === 'gpu',
    ...(provider && { provider }),
    ...(precision && { precision }),
    memory: 1e9,
    width: 64,
    height: 64,
  });
  resolveEncode(flags, undefined);
  const outDir = await outputFolder(own.outDir, config);
  const range = rangeOf(flags);
  const made = Object.fromEntries(Object.entries(texts).filter(([flag]) => !NOT_OF_KEY.includes(flag)));
  return {
    version: 1,
    batchKey: batchKeyOf({
      sources: [...sources].sort(),
      outDir,
      container: own.container,
      flags: made,
      ...(modelFile && { modelFile }),
      ...(watch && { schedule: watch.schedule }),
    }),
    name,
    ...(watch && { watch }),
    outDir,
    container: own.container,
    scale: method.scale,
    ...(range && { range }),
    // Where a job goes is decided here, once: the control worker that makes the jobs may have other hardware.
    flags: {
      ...Object.fromEntries(Object.entries(texts).filter(([flag]) => !(modelFile && flag === 'model'))),
      tag: tags.join(','),
      ...(method.kind === 'model' && { precision: method.precision }),
    },
    ...(modelFile && { modelFile }),
    priority: flags.priority ?? PRIORITY.batch,
    parallel: own.parallel ?? PARALLEL,
    createdAt: new Date().toISOString(),
  };
}

/** A network that is named by its path, which means something in this folder only. */
async function ownModel(flags: UpscaleFlags, config: Config): Promise<RootedPath | undefined> {
  const { model } = flags;
  if (model === undefined || isFilter(model)) return undefined;
  const file = await realpath(path.resolve(model)).catch(ignoreUnreachable);
  return file !== undefined && (await stat(file)).isFile() ? inRoot(config, file, 'the model') : undefined;
}

async function outputFolder(name: string, config: Config): Promise<RootedPath> {
  const folder = path.resolve(name);
  try {
    makePublicFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new UserError(`--out-dir: ${folder} cannot be used: ${(error as Error).message}`);
  }
  return inRoot(config, await realpath(folder), '--out-dir');
}
