import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { hostKey } from '../../job/estimateRecords.js';
import { keyOf } from '../../job/keys.js';
import { readRemakable, replaceJson } from '../../lib/durable.js';
import { DEVICES, kindNamed, type Precision } from '../../runtime/devices.js';
import { OPENVINO, openvinoPlugin } from '../../runtime/openvinoFiles.js';
import { probeRuntime } from '../../runtime/probed.js';
import { TENSORRT_RTX } from '../../runtime/tensorrtRtxFiles.js';
import { WEBGPU } from '../../runtime/webgpuFiles.js';
import { runtimeVersion } from '../../upscaler/client.js';
import { discoverDevices } from '../../upscaler/devices.js';
import { type AnyUpscaleModel, type DeviceSpeed, deviceSpeedSchema, measureDevice } from '../../upscaler/speed.js';

const PRECISIONS = ['fp32', 'fp16', 'bf16'] as const satisfies readonly Precision[];

/** One way to compute a network on this machine, and how fast it was. */
const wayMeasuredSchema = z.object({
  /** A name of `--device`. */
  device: z.string(),
  precision: z.enum(PRECISIONS),
  speed: z.union([deviceSpeedSchema, z.object({ problem: z.string() })]),
});
export type WayMeasured = z.infer<typeof wayMeasuredSchema>;
export type Way = Pick<WayMeasured, 'device' | 'precision'>;

const recordSchema = z.object({ ways: z.array(wayMeasuredSchema).min(1) });

export interface ToChoose {
  jobsRoot: string;
  /** Told before something is measured, which takes some seconds. */
  say?: ((line: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Where a network is computed fastest on this machine.
 * @param wanted a precision that it has to be, else each device's best one.
 * @returns undefined where nothing here computes in that precision, or nothing can compute this network.
 */
export async function fastestWay(
  network: AnyUpscaleModel,
  wanted: Precision | 'auto',
  choosing: ToChoose,
): Promise<Way | undefined> {
  const names = await devicesFor(wanted);
  const [only] = names;
  if (names.length <= 1) return only === undefined ? undefined : wayOn(only, wanted);
  const best = fastestOf(await measuredWays(network, wanted, names, choosing));
  return best && { device: best.device, precision: best.precision };
}

/** A way on which a network could be computed. */
export type WaySpeed = Way & { speed: DeviceSpeed };

/** How fast a network is on the device that `--device auto` takes; why none can compute it, where that is so. */
export async function fastestSpeed(
  network: AnyUpscaleModel,
  choosing: ToChoose,
): Promise<WaySpeed | { problem: string }> {
  const ways = await measuredWays(network, 'auto', await devicesFor('auto'), choosing);
  const best = fastestOf(ways);
  if (best) return best;
  const problems = ways.flatMap(({ device, speed }) => ('problem' in speed ? [`${device}: ${speed.problem}`] : []));
  return { problem: problems.join('; ') };
}

/** @returns the same of the network with a digest, where it was measured before. The devices are looked for once. */
export async function rememberedSpeeds(jobsRoot: string): Promise<(digest: string) => Promise<WaySpeed | undefined>> {
  const names = await devicesFor('auto');
  return async (digest) => {
    const known = await readRemakable(recordFile(jobsRoot, { digest }, 'auto', names), recordSchema);
    return known && fastestOf(known.ways);
  };
}

/** PAL. */
const VIDEO_PIXELS = 720 * 576;

/** Frames a second of a video of 720x576, as far as the network goes: by the share of its pixels that was measured. */
export const videoFps = ({ width, height, seconds }: DeviceSpeed): number =>
  (width * height) / (seconds * VIDEO_PIXELS);

/** Measured once for a network and what the machine has, and remembered. */
async function measuredWays(
  network: AnyUpscaleModel,
  wanted: Precision | 'auto',
  names: readonly string[],
  { jobsRoot, say, signal }: ToChoose,
): Promise<WayMeasured[]> {
  const file = recordFile(jobsRoot, network, wanted, names);
  const known = await readRemakable(file, recordSchema);
  if (known) return known.ways;
  say?.(`measuring ${names.join(' and ')} with this model, once: some seconds`);
  const ways: WayMeasured[] = [];
  for (const name of names) {
    const way = await wayOn(name, wanted);
    ways.push({ ...way, speed: await measureDevice(network, way, { signal }) });
  }
  await remember(file, ways);
  return ways;
}

/** Keeps what was measured anew for those who ask for the fastest way. */
export async function rememberWays(jobsRoot: string, network: AnyUpscaleModel, ways: WayMeasured[]): Promise<void> {
  for (const wanted of ['auto', ...PRECISIONS] as const) {
    const names = await devicesFor(wanted);
    if (names.length <= 1) continue;
    const chosen = await Promise.all(names.map((name) => wayOn(name, wanted)));
    const measured = chosen.flatMap((way) => ways.filter((each) => isSame(each, way)));
    if (measured.length === names.length) await remember(recordFile(jobsRoot, network, wanted, names), measured);
  }
}

const isSame = (one: Way, other: Way): boolean => one.device === other.device && one.precision === other.precision;

/** All ways to compute networks here, the best precision of each device first. */
export async function waysHere(): Promise<Way[]> {
  const names = await devicesFor('auto');
  const ways = await Promise.all(
    names.map(async (name) => (await precisionsOn(name)).map((p) => ({ device: name, precision: p }))),
  );
  return ways.flat();
}

/** The first device of each kind, since all GPUs of a machine are taken to be alike. */
async function devicesFor(wanted: Precision | 'auto'): Promise<string[]> {
  const names = (await discoverDevices()).flatMap(({ device }) =>
    device === DEVICES.cpu.name && openvinoPlugin() !== undefined ? [DEVICES['openvino:cpu'].name, device] : [device],
  );
  const firsts = names.filter((name, i) => names.findIndex((other) => kindNamed(other) === kindNamed(name)) === i);
  return firsts.filter((name) => wanted === 'auto' || kindNamed(name).precisions.includes(wanted));
}

async function wayOn(device: string, wanted: Precision | 'auto'): Promise<Way> {
  const [best = 'fp32'] = await precisionsOn(device);
  return { device, precision: wanted === 'auto' ? best : wanted };
}

/** What a device computes in on this machine, the best one first. */
async function precisionsOn(device: string): Promise<readonly Precision[]> {
  const { precisions, provider } = kindNamed(device);
  if (provider !== 'openvino') return precisions;
  const { openvino } = await probed();
  return 'bf16' in openvino && openvino.bf16 ? precisions : precisions.filter((each) => each !== 'bf16');
}

let asked: ReturnType<typeof probeRuntime> | undefined;
const probed = (): ReturnType<typeof probeRuntime> => (asked ??= probeRuntime());

/** What decides about the speed: the network, what is here, and in which version. */
function recordFile(
  jobsRoot: string,
  network: Pick<AnyUpscaleModel, 'digest'>,
  wanted: Precision | 'auto',
  names: readonly string[],
): string {
  const key = keyOf({
    network: network.digest,
    wanted,
    names,
    host: hostKey(),
    versions: [runtimeVersion(), OPENVINO.version, TENSORRT_RTX.name, WEBGPU.name],
  });
  return path.join(jobsRoot, 'devices', `${key}.json`);
}

async function remember(file: string, ways: WayMeasured[]): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await replaceJson(file, recordSchema.parse({ ways }));
}

function fastestOf(ways: readonly WayMeasured[]): WaySpeed | undefined {
  const usable = ways.flatMap(({ speed, ...way }) => ('problem' in speed ? [] : [{ ...way, speed }]));
  // The slower ones were shown smaller pictures.
  const time = ({ speed }: WaySpeed): number => speed.seconds / (speed.width * speed.height);
  return usable.sort((a, b) => time(a) - time(b))[0];
}
