import { realpath } from 'node:fs/promises';
import os from 'node:os';
import type { Config } from '../../../temporal.config.js';
import { ownerOf } from '../../job/claims.js';
import { encodeThreads } from '../../job/encodeThreads.js';
import { jobKey, shortJob, upscaleKey } from '../../job/keys.js';
import type { SourceInfo } from '../../job/source.js';
import type { JobSpec, RootedPath } from '../../job/spec.js';
import { isOpen, readStored, type StoredJob } from '../../job/store.js';
import { overlookDamage } from '../../lib/durable.js';
import { RecordDamaged, UserError } from '../../lib/errors.js';
import { requireUsableName } from '../../lib/utf8.js';
import { requireHeld } from '../../media/encode/encodable.js';
import { containerOf, requireCopyable } from '../../media/merge/containers.js';
import { hdrTransfer } from '../../media/picture/color.js';
import { croppedInfo } from '../../media/picture/crop.js';
import { deliverableSize } from '../../media/picture/deliverable.js';
import { deliverableShape } from '../../media/picture/shape.js';
import { usedInfo } from '../../media/source/examine.js';
import { probeSource } from '../../media/source/probe.js';
import { deviceMemory } from '../../upscaler/deviceMemory.js';
import { headerFrames } from '../estimate/plannedFrames.js';
import { resolveEncode } from './encodeFlags.js';
import type { UpscaleFlags } from './flags.js';
import { inherit } from './inherit.js';
import { inRoot } from './mediaRoot.js';
import { resolveMethod } from './method.js';
import { checkOutput, defaultOutput } from './outputFile.js';
import { resolvePicture } from './pictureFlags.js';
import { devicesHere, placement } from './placement.js';
import { PRESETS, standsIn } from './presets.js';
import { resolvePart } from './resolvePart.js';
import { sourceDigest } from './sourceDigest.js';

export interface ResolvedJob {
  spec: JobSpec;
  info: SourceInfo;
  /** The job on the disk with these keys, if there is one. */
  stored?: StoredJob;
  /** What was found out about the source on the way, for the user. */
  note?: string;
}

/**
 * Turns a command line into a job, before anything is written. A job that already owns the output with the same input
 * and agrees with every flag that was given is that job, as it was specified.
 * @param options.alone true: as if there were no other job, for those who only ask what a job would be.
 * @param options.called the path by which people know the input, which may be a link to it: the result is named after
 * it, and lies beside it.
 * @param options.say told before devices are measured.
 * @throws UserError for everything that is wrong with the input, the flags or the output.
 */
export async function resolveJob(
  input: string,
  flags: UpscaleFlags,
  config: Config,
  { alone = false, called = input, say }: { alone?: boolean; called?: string; say?: (line: string) => void } = {},
): Promise<ResolvedJob> {
  const asked = await probeSource(input, { program: flags.program });
  const file = await realpath(input);
  requireUsableName(file);
  const source = await sourceDigest(config.roots.jobs, file);
  const rooted = inRoot(config, file, 'INPUT');
  const { note, ...part } = await resolvePart(file, asked, flags);
  const found = { info: asked, ...(note !== undefined && { note }) };
  if (alone) return { spec: await specify(flags, undefined), ...found };
  let unreadable: { owner: string; error: RecordDamaged } | undefined;
  // Whoever has a named output is asked first: to go on, a job needs no default, which may be a model that is not
  // here.
  const holder = flags.output === undefined ? undefined : await openOwner(await outputOf(flags.output));
  const open = holder?.spec.input.path === rooted.path ? holder.spec : undefined;
  const first = await specify(flags, open);
  if (!open && first.method.kind === 'model' && standsIn(first.method.name, flags))
    say?.(
      `${PRESETS.fast.model} is not here: ${first.method.name} is used, which comes with Reelscale ` +
        `(reelscale models pull ${PRESETS.fast.model} fetches the other)`,
    );
  const owned = holder ?? (await openOwner(first.output));
  if (owned && owned.spec.jobKey !== first.jobKey) {
    // Flags that were not given mean what the unfinished job was given.
    const again = owned.spec.input.path === rooted.path ? await specify(flags, owned.spec) : undefined;
    if (again?.jobKey !== owned.spec.jobKey) {
      throw new UserError(
        `job ${shortJob(owned.spec)} already works on that output with other settings: ` +
          `wait for it, cancel it (reelscale cancel ${shortJob(owned.spec)}), or choose another name with -o`,
      );
    }
  }
  if (owned)
    return {
      spec: mayOverwrite(owned.spec, flags),
      ...found,
      info: await infoOf(owned.spec.picture.program),
      stored: owned,
    };
  // This very job is recorded anew from its command; of another, nobody knows whether it still works on the output.
  if (unreadable && unreadable.owner !== first.jobKey) throw unreadable.error;
  const stored = await readStored(config.roots, first.jobKey).catch(overlookDamage);
  return {
    spec: stored && isOpen(stored) ? mayOverwrite(stored.spec, flags) : first,
    ...found,
    ...(stored && { stored }),
  };

  async function outputOf(output: string): Promise<RootedPath> {
    return inRoot(config, await checkOutput(output, file), 'OUTPUT');
  }

  async function openOwner(output: RootedPath): Promise<StoredJob | undefined> {
    const owner = await ownerOf(config.roots, output);
    if (owner === undefined) return undefined;
    const job = await readStored(config.roots, owner).catch((error: unknown) => {
      if (!(error instanceof RecordDamaged)) throw error;
      unreadable = { owner, error };
      return undefined;
    });
    return job && isOpen(job) ? job : undefined;
  }

  /** An unfinished job may be about another programme than the one that is upscaled by default. */
  async function infoOf(program: number | undefined): Promise<SourceInfo> {
    return program === undefined || program === asked.program ? asked : probeSource(input, { program });
  }

  async function specify(given: UpscaleFlags, open: JobSpec | undefined): Promise<JobSpec> {
    const { tags, device, provider, precision } = await placement(given, open, config, say);
    const info = await infoOf(given.program ?? open?.picture.program);
    const picture = resolvePicture(given, open?.picture, info, part);
    const used = croppedInfo(info, picture.crop).video;
    const { width, height } = used;
    const pictures = open ? inherit(given, open, config.roots) : given;
    const method = await resolveMethod(pictures, {
      roots: config.roots,
      gpu: device !== 'cpu',
      ...(provider && { provider }),
      ...(precision && { precision }),
      memory: await deviceMemory(device),
      width,
      height,
      hdr: hdrTransfer(info.video.color.tags),
      open: open?.method,
      remember: { jobsRoot: config.roots.jobs, source: source.digest, write: !alone },
    });
    const size = deliverableShape(used, method.scale, picture);
    const devices = method.kind === 'model' ? await devicesHere(tags) : undefined;
    const encode = resolveEncode(given, open?.encode, { bitDepth: picture.bitDepth, info, size }, () =>
      encodeThreads({
        cores: os.availableParallelism(),
        size,
        frames: headerFrames(usedInfo(info, picture)),
        devices,
      }),
    );
    if (method.kind === 'model') requireHeld(deliverableSize(used, method.scale));
    const output = await outputOf(given.output ?? defaultOutput(called, method.scale, picture.range));
    const delivery = {
      container: containerOf(output.path) ?? ('mp4' as const),
      audio: given.audio ?? open?.delivery.audio ?? ('auto' as const),
    };
    if (delivery.audio === 'copy') requireCopyable(info.audio, delivery.container);
    const up = upscaleKey(source.digest, method, picture);
    return {
      version: 1,
      jobKey: jobKey(up, encode, delivery, rooted, output),
      upscaleKey: up,
      input: rooted,
      output,
      source,
      method,
      picture,
      encode,
      delivery,
      ...(given.segmentFrames !== undefined && { segmentFrames: given.segmentFrames }),
      checkpointFrames: given.checkpointFrames ?? open?.checkpointFrames ?? 100,
      tags,
      keepMezzanine: given.keepMezzanine ?? open?.keepMezzanine ?? false,
      overwrite: given.overwrite ?? open?.overwrite ?? false,
      ...(given.priority !== undefined && { priority: given.priority }),
      createdAt: new Date().toISOString(),
    };
  }
}

/** An open job stays as it was specified; that its output may replace a file can still be said. */
const mayOverwrite = (spec: JobSpec, flags: UpscaleFlags): JobSpec =>
  flags.overwrite ? { ...spec, overwrite: true } : spec;
