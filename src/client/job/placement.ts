import type { JobSpec, ModelMethod } from '../../job/spec.js';
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
  if (provider) return { tags, device: 'cpu', provider };
  if (made.includes('cpu')) return { tags, device: 'cpu' };
  return { tags, device: made.find((tag) => /^cuda:\d+$/.test(tag)) ?? (first === 'cpu' ? 'cuda:0' : first) };
}

/** Devices of this machine that take a job's tags; one where other machines have them. */
export async function devicesHere(tags: readonly string[]): Promise<number> {
  const usable = (await discoverDevices()).filter((device) => device.tags.some((tag) => tags.includes(tag)));
  return Math.max(1, usable.length);
}
