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
 * @param wanted a precision that it has to be, else one that is fine enough for the network.
 * @param device the only one to choose from, by a name of `--device`.
 * @returns undefined where nothing here computes in that precision, or nothing can compute this network.
 */
export async function fastestWay(
  network: AnyUpscaleModel,
  wanted: Precision | 'auto',
  choosing: ToChoose,
  device?: string,
): Promise<Way | undefined> {
  const ways = await waysFor(network, wanted, device);
  if (ways.length <= 1) return ways[0];
  const best = fastestOf(await measuredWays(network, wanted, ways, choosing));
  return best && { device: best.device, precision: best.precision };
}

/** A way on which a network could be computed. */
export type WaySpeed = Way & { speed: DeviceSpeed };

/** How fast a network is on the device that `--device auto` takes; why none can compute it, where that is so. */
export async function fastestSpeed(
  network: AnyUpscaleModel,
  choosing: ToChoose,
): Promise<WaySpeed | { problem: string }> {
  const measured = await measuredWays(network, 'auto', await waysFor(network, 'auto'), choosing);
  const best = fastestOf(measured);
  if (best) return best;
  const problems = measured.flatMap(({ device, speed }) =>
    'problem' in speed ? [`${device}: ${speed.problem}`] : [],
  );
  return { problem: problems.join('; ') };
}

/** @returns the same of the network with a digest, where it was measured before. The devices are looked for once. */
export async function rememberedSpeeds(jobsRoot: string): Promise<(digest: string) => Promise<WaySpeed | undefined>> {
  const [rgb, luma] = [await waysFor({ pixels: 'rgb' }, 'auto'), await waysFor({ pixels: 'luma' }, 'auto')];
  return async (digest) => {
    // What its pixels are is not known without its file, and it was measured as one of them.
    for (const ways of [rgb, luma]) {
      const known = await readRemakable(recordFile(jobsRoot, { digest }, 'auto', ways), recordSchema);
      if (known) return fastestOf(known.ways);
    }
    return undefined;
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
  ways: readonly Way[],
  { jobsRoot, say, signal }: ToChoose,
): Promise<WayMeasured[]> {
  const file = recordFile(jobsRoot, network, wanted, ways);
  const known = await readRemakable(file, recordSchema);
  if (known) return known.ways;
  const names = [...new Set(ways.map(({ device }) => device))];
  say?.(`measuring ${names.join(' and ')} with this model, once: some seconds`);
  const measured: WayMeasured[] = [];
  for (const way of ways) measured.push({ ...way, speed: await measureDevice(network, way, { signal }) });
  await remember(file, measured);
  return measured;
}

/** Keeps what was measured anew for those who ask for the fastest way. */
export async function rememberWays(
  jobsRoot: string,
  network: Pick<AnyUpscaleModel, 'digest' | 'pixels'>,
  ways: WayMeasured[],
): Promise<void> {
  const devices = [undefined, ...new Set(ways.map(({ device }) => device))];
  for (const wanted of ['auto', ...PRECISIONS] as const) {
    for (const device of devices) {
      const chosen = await waysFor(network, wanted, device);
      if (chosen.length <= 1) continue;
      const measured = chosen.flatMap((way) => ways.filter((each) => isSame(each, way)));
      if (measured.length === chosen.length) await remember(recordFile(jobsRoot, network, wanted, chosen), measured);
    }
  }
}

const isSame = (one: Way, other: Way): boolean => one.device === other.device && one.precision === other.precision;

/** All ways to compute networks here, the best precision of each device first. */
export async function waysHere(): Promise<Way[]> {
  return waysOf(await devicesHere(), precisionsOn);
}

/** Those that a job for a network has to choose from. */
async function waysFor(
  network: Pick<AnyUpscaleModel, 'pixels'>,
  wanted: Precision | 'auto',
  device?: string,
): Promise<Way[]> {
  return waysOf(device === undefined ? await devicesHere() : [device], async (name) => {
    if (wanted !== 'auto') return kindNamed(name).precisions.filter((each) => each === wanted);
    const fine = (await precisionsOn(name)).filter((each) => !isTooCoarse(each, network));
    // A GPU is never slower in half precision. Of processors that have bfloat16 some are, by half.
    return kindNamed(name) === DEVICES['openvino:cpu'] ? fine : fine.slice(0, 1);
  });
}

async function waysOf(
  devices: readonly string[],
  precisionsOf: (device: string) => Promise<readonly Precision[]>,
): Promise<Way[]> {
  const ways = devices.map(async (device) => (await precisionsOf(device)).map((precision) => ({ device, precision })));
  return (await Promise.all(ways)).flat();
}

/**
 * Whether `auto` does without a precision for a network. An ESPCN, which gives whole pixels of luma, falls below
 * bicubic in bfloat16; networks on RGB lose less (docs/models.md).
 */
const isTooCoarse = (precision: Precision, { pixels }: Pick<AnyUpscaleModel, 'pixels'>): boolean =>
  precision === 'bf16' && pixels === 'luma';

/** The first device of each kind, since all GPUs of a machine are taken to be alike. */
async function devicesHere(): Promise<string[]> {
  const names = (await discoverDevices()).flatMap(({ device }) =>
    device === DEVICES.cpu.name && openvinoPlugin() !== undefined ? [DEVICES['openvino:cpu'].name, device] : [device],
  );
  return names.filter((name, i) => names.findIndex((other) => kindNamed(other) === kindNamed(name)) === i);
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
  ways: readonly Way[],
): string {
  const key = keyOf({
    network: network.digest,
    wanted,
    ways: ways.map(({ device, precision }) => [device, precision]),
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
