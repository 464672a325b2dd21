import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadConfig } from '../../../temporal.config.js';
import { resolveEncode } from '../../client/job/encodeFlags.js';
import { findJob } from '../../client/job/findJob.js';
import { parseFlags } from '../../client/job/flags.js';
import { inRoot } from '../../client/job/mediaRoot.js';
import { checkOutput } from '../../client/job/outputFile.js';
import { ownerOf } from '../../job/claims.js';
import { jobKey, shortJob } from '../../job/keys.js';
import { resolveRooted } from '../../job/layout.js';
import { hasMezzanine } from '../../job/mezzanine.js';
import type { EncodeSpec, JobSpec } from '../../job/spec.js';
import { isOpen, readStored } from '../../job/store.js';
import { UserError } from '../../lib/errors.js';
import { containerOf } from '../../media/merge/containers.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { usedInfo } from '../../media/source/examine.js';
import { probeSource } from '../../media/source/probe.js';

/**
 * Encodes a finished job's pictures again with other settings, from its kept mezzanine: no frame goes through a
 * network. Returns the exit code.
 */
export async function reencode(name: string, options: unknown): Promise<number> {
  const flags = parseFlags(options);
  const config = loadConfig();
  const { roots } = config;
  const before = await findJob(config, name);
  const { spec } = before;
  if (isOpen(before)) throw new UserError(`job ${shortJob(spec)} is not done yet: wait for it, or cancel it`);
  const input = resolveRooted(roots, spec.input);
  const info = await probeSource(input, { program: spec.picture.program });
  const encode = resolveEncode(flags, spec.encode, {
    bitDepth: spec.picture.bitDepth,
    info,
    size: deliverableShape(usedInfo(info, spec.picture).video, spec.method.scale, spec.picture),
  });
  if (isDeepStrictEqual(encode, spec.encode))
    throw new UserError(
      `job ${shortJob(spec)} was encoded so: give another --crf, --encoder-preset, --tune or --codec`,
    );
  if (spec.method.kind === 'model' && !(await hasMezzanine(roots, spec))) {
    throw new UserError(
      `the upscaled frames of job ${shortJob(spec)} were not kept: ` +
        'run upscale again with --keep-mezzanine, and every later encode needs no inference',
    );
  }
  const wanted = flags.output ?? otherName(resolveRooted(roots, spec.output), spec.encode, encode);
  const output = inRoot(config, await checkOutput(wanted, input), 'OUTPUT');
  const delivery = { ...spec.delivery, container: containerOf(output.path) ?? spec.delivery.container };
  const key = jobKey(spec.upscaleKey, encode, delivery, spec.input, output);
  const owner = await ownerOf(roots, output);
  const holder = owner === undefined || owner === key ? undefined : await readStored(roots, owner);
  if (holder && isOpen(holder))
    throw new UserError(`job ${shortJob(holder.spec)} already works on ${wanted}: choose another name with -o`);
  const again: JobSpec = {
    ...spec,
    encode,
    delivery,
    output,
    jobKey: key,
    overwrite: flags.overwrite ?? false,
    createdAt: new Date().toISOString(),
  };
  const stored = await readStored(roots, key);
  // Imported late: what is refused needs no server.
  const { perform } = await import('./perform.js');
  return perform(
    { spec: stored && isOpen(stored) ? stored.spec : again, info, ...(stored && { stored }) },
    flags,
    config,
  );
}

/** The first result's name with what is different now. */
function otherName(output: string, before: EncodeSpec, { codec, crf }: EncodeSpec): string {
  const { dir, name, ext } = path.parse(output);
  return path.join(dir, [name, ...(codec === before.codec ? [] : [codec]), `crf${crf}`].join('.') + ext);
}
