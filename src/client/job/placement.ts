import type { Config } from '../../../temporal.config.js';
import type { JobSpec, ModelMethod } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';
import { type ResolvedModel, resolveModel } from '../../models/resolve.js';
import { isDevice, kindNamed, kindOf, type Precision } from '../../runtime/devices.js';
import { discoverDevices, providerOf } from '../../upscaler/devices.js';
import { fastestWay, type Way } from '../device/fastest.js';
import type { UpscaleFlags } from './flags.js';
import { isFilter, isTooCoarse } from './method.js';
import { chosenModel } from './presets.js';

export interface Placement {
  /** Whose workers take the job. */
  tags: string[];
  /** What its pictures are specified for; it may only stand for those of other machines. */
  device: string;
  /** What computes them there, where it is not the device's own provider. */
  provider?: ModelMethod['provider'];
  /** The one that was measured, where the device was chosen by its speed. */
  precision?: Precision;
}

/**
 * Where a job goes: to the tags or the device that are given, where an open job was, to the configured device, or to
 * this machine's fastest one.
 * @param say told before something is measured.
 */
export async function placement(
  flags: UpscaleFlags,
  open: JobSpec | undefined,
  config: Pick<Config, 'roots' | 'device'>,
  say?: (line: string) => void,
): Promise<Placement> {
  const asked = flags.device ?? (flags.tag || open ? undefined : config.device);
  const device = asked === 'auto' ? undefined : asked;
  if (!flags.tag && device === undefined && !open) {
    const way = await chosenWay(flags, config, say);
    if (way) return { ...placedOn(way.device), precision: way.precision };
  }
  const [first = 'cpu'] = (await discoverDevices()).map((each) => each.device);
  const tags = flags.tag ?? (device !== undefined ? [device] : open?.tags) ?? [first === 'cpu' ? 'cpu' : 'gpu'];
  // An open job goes on where it was.
  const made = open?.tags ?? tags;
  const before = open?.method.kind === 'model' ? open.method.provider : undefined;
  const provider = device === undefined ? before : providerOf(device);
  if (provider) return { tags, device: deviceOf(provider, [device, ...made]), provider };
  if (made.includes('cpu')) return { tags, device: 'cpu' };
  return { tags, device: made.find((tag) => /^cuda:\d+$/.test(tag)) ?? (first === 'cpu' ? 'cuda:0' : first) };
}

/** A job that is for no particular GPU may go to any. */
function placedOn(device: string): Placement {
  const provider = providerOf(device);
  if (provider) return { tags: [device], device: deviceOf(provider, [device]), provider };
  return { tags: [device === 'cpu' ? 'cpu' : 'gpu'], device };
}

/** Undefined where there is nothing to choose by speed. */
async function chosenWay(
  flags: UpscaleFlags,
  { roots }: Pick<Config, 'roots'>,
  say: ((line: string) => void) | undefined,
): Promise<Way | undefined> {
  const [first] = await discoverDevices();
  const gpu = first !== undefined && first.device !== 'cpu';
  const name = await chosenModel(flags, { gpu, modelsRoot: roots.models });
  if (isFilter(name)) return undefined;
  const model = await modelOf(name, flags, roots.models);
  if (!model) return undefined;
  const network = { ...networkOf(model), blend: flags.blend ?? 0 };
  const { precision = 'auto' } = flags;
  const wanted = precision === 'auto' && isTooCoarse('bf16', model) ? 'fp32' : precision;
  return fastestWay(network, wanted, { jobsRoot: roots.jobs, say });
}

/** What is wrong with it is told where the method is resolved. */
async function modelOf(
  name: string,
  { scale, denoise }: UpscaleFlags,
  modelsRoot: string,
): Promise<ResolvedModel | undefined> {
  try {
    return await resolveModel(name, {
      modelsRoot,
      ...(scale !== undefined && { scale }),
      ...(denoise !== undefined && { denoise }),
    });
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

export const networkOf = ({
  file,
  digest,
  scale,
  pixels,
  alignment,
  fixed,
}: Pick<ResolvedModel, 'file' | 'digest' | 'scale' | 'pixels' | 'alignment'> & {
  fixed?: ResolvedModel['fixed'] | undefined;
}) => ({
  file,
  digest,
  scale,
  pixels,
  alignment,
  ...(fixed && { fixed }),
});

/** Devices of this machine that take a job's tags; one where other machines have them. */
export async function devicesHere(tags: readonly string[]): Promise<number> {
  const usable = (await discoverDevices()).filter((device) => device.tags.some((tag) => tags.includes(tag)));
  return Math.max(1, usable.length);
}

/** On whose workers a provider's pictures are made. */
function deviceOf(provider: NonNullable<ModelMethod['provider']>, names: (string | undefined)[]): string {
  const kind = kindOf(provider, 'cpu');
  const named = names.find((name) => name !== undefined && isDevice(name) && kindNamed(name) === kind);
  return kind.workers ?? named ?? kind.name.replace('N', '0');
}
