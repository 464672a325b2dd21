import type { Config } from '../../../temporal.config.js';
import type { JobSpec, ModelMethod } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';
import { type ResolvedModel, resolveModel } from '../../models/resolve.js';
import { isDevice, kindNamed, kindOf, type Precision } from '../../runtime/devices.js';
import { discoverDevices, providerOf } from '../../upscaler/devices.js';
import { fastestWay, type Way } from '../device/fastest.js';
import type { UpscaleFlags } from './flags.js';
import { isFilter } from './method.js';
import { chosenModel } from './presets.js';

export interface Placement {
  /** Whose workers take the job. */
  tags: string[];
  /** What its pictures are specified for; it may only stand for those of other machines. */
  device: string;
  /** What computes them there, where it is not the device's own provider. */
  provider?: ModelMethod['provider'];
  /** What `auto` is: the fastest one, or that of the open job. */
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
  // Workers of several kinds serve `cpu` and `gpu`; a plugin's own tag says what is to compute.
  const tagged = open ? undefined : flags.tag?.find((tag) => isDevice(tag) && providerOf(tag));
  const device = asked === 'auto' ? undefined : (asked ?? tagged);
  const goesOn = device === undefined && (flags.tag !== undefined || open !== undefined);
  const way = goesOn ? undefined : await chosenWay(flags, device, config, say);
  if (way && device === undefined) return { ...placedOn(way.device), precision: way.precision };
  const [first = 'cpu'] = (await discoverDevices()).map((each) => each.device);
  const tags = flags.tag ?? (device !== undefined ? [device] : open?.tags) ?? [first === 'cpu' ? 'cpu' : 'gpu'];
  // An open job goes on where it was.
  const made = open?.tags ?? tags;
  const before = open?.method.kind === 'model' ? open.method : undefined;
  const provider = device === undefined ? before?.provider : providerOf(device);
  const precision = way?.precision ?? (before?.precision === 'int8' ? undefined : before?.precision);
  const chosen = { tags, ...(precision && { precision }) };
  if (provider) return { ...chosen, device: deviceOf(provider, [device, ...made]), provider };
  if (made.includes('cpu')) return { ...chosen, device: 'cpu' };
  return { ...chosen, device: made.find((tag) => /^cuda:\d+$/.test(tag)) ?? (first === 'cpu' ? 'cuda:0' : first) };
}

/** A job that is for no particular GPU may go to any. */
function placedOn(device: string): Placement {
  const provider = providerOf(device);
  if (provider) return { tags: [device], device: deviceOf(provider, [device]), provider };
  return { tags: [device === 'cpu' ? 'cpu' : 'gpu'], device };
}

/** Undefined where there is nothing to choose by speed. @param device the only one to choose from. */
async function chosenWay(
  flags: UpscaleFlags,
  device: string | undefined,
  { roots }: Pick<Config, 'roots'>,
  say: ((line: string) => void) | undefined,
): Promise<Way | undefined> {
  const [first] = device === undefined ? await discoverDevices() : [{ device }];
  const gpu = first !== undefined && kindNamed(first.device).hardware === 'gpu';
  const name = await chosenModel(flags, { gpu, modelsRoot: roots.models });
  if (isFilter(name)) return undefined;
  const model = await modelOf(name, flags, roots.models);
  if (!model) return undefined;
  const network = { ...networkOf(model), blend: flags.blend ?? 0 };
  return fastestWay(network, flags.precision ?? 'auto', { jobsRoot: roots.jobs, say }, device);
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
