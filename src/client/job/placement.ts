import type { JobSpec, ModelMethod } from '../../job/spec.js';
import { DEVICES, type DeviceKind, isDevice, kindOf, parseDevice } from '../../runtime/devices.js';
import { discoverDevices, providerOf } from '../../upscaler/devices.js';
import type { UpscaleFlags } from './flags.js';

/**
 * Which tags a job goes to: those given, else the device's, else this machine's first device; the device that its
 * pictures are specified for, which may only stand for those of other machines; and what computes them there.
 */
export async function placement(
  flags: UpscaleFlags,
  open: JobSpec | undefined,
): Promise<{ tags: string[]; device: string; provider?: ModelMethod['provider'] }> {
  const [first = 'cpu'] = (await discoverDevices()).map(({ device }) => device);
  const tags = flags.tag ??
    (flags.device !== undefined ? [flags.device] : open?.tags) ?? [first === 'cpu' ? 'cpu' : 'gpu'];
  // An open job goes on where it was.
  const made = open?.tags ?? tags;
  const before = open?.method.kind === 'model' ? open.method.provider : undefined;
  const provider = flags.device === undefined ? before : providerOf(flags.device);
  if (provider) return { tags, device: deviceOf(provider, [flags.device, ...made]), provider };
  if (made.includes('cpu')) return { tags, device: 'cpu' };
  return { tags, device: made.find((tag) => /^cuda:\d+$/.test(tag)) ?? (first === 'cpu' ? 'cuda:0' : first) };
}

/** On whose workers a provider's pictures are made. */
function deviceOf(provider: NonNullable<ModelMethod['provider']>, names: (string | undefined)[]): string {
  const kind = kindOf(provider, 'cpu');
  const named = names.find((name) => name !== undefined && isDevice(name) && kindIs(name, kind));
  return kind.workers ?? named ?? kind.name.replace('N', '0');
}

const kindIs = (name: string, kind: DeviceKind): boolean => DEVICES[parseDevice(name).kind] === kind;
