import { epDevices } from './epDevices.js';
import { OPENVINO, OPENVINO_BUNDLE, OPENVINO_FOLDER } from './openvinoFiles.js';
import { RuntimeUnavailable } from './ortError.js';
import { gpuNumber, oncePerRuntime, registerPlugin } from './plugin.js';
import type { Runtime } from './runtime.js';
import type { Provider } from './sessionOptions.js';
import type { Pointer } from './table.js';

const PROVIDER = 'OpenVINOExecutionProvider';
const CPU_PROVIDER = 'CPUExecutionProvider';

/** Hardware, as OpenVINO sees it. */
export interface OpenvinoDevice {
  device: Pointer;
  /** OpenVINO's own name: `CPU`, `GPU`, `GPU.1`, `NPU`, … */
  id: string;
  /** Of the hardware. */
  name: string;
  /** Whether it computes in bfloat16 by itself. */
  bf16: boolean;
}

/**
 * Registers the plugin, once in a process, and finds what it computes on. @throws RuntimeUnavailable, whose message
 * says why OpenVINO cannot be used here.
 */
const openvinoDevices = oncePerRuntime(find);

async function find(runtime: Runtime, folder = OPENVINO_FOLDER): Promise<OpenvinoDevice[]> {
  await registerPlugin(runtime, OPENVINO_BUNDLE, folder, (register) => {
    asIntel(runtime, register);
  });
  return epDevices(runtime).flatMap(({ device, provider, metadata }) => {
    const id = metadata['ov_device'];
    if (provider !== PROVIDER || id === undefined) return [];
    requireVersion(metadata['version'], folder);
    const capabilities = (metadata['OPTIMIZATION_CAPABILITIES'] ?? '').split(' ');
    return [{ device, id, name: metadata['FULL_DEVICE_NAME'] ?? id, bf16: capabilities.includes('BF16') }];
  });
}

/**
 * @param told by the plugin itself, such as `1.8.1+95d534b`.
 * @throws RuntimeUnavailable for another version than ours: others load too, and nobody has measured them.
 */
export function requireVersion(told: string | undefined, folder: string): void {
  const version = told?.split('+')[0] ?? 'of no version';
  if (version !== OPENVINO.version)
    throw new RuntimeUnavailable(
      `OpenVINO's plugin is ${version}, not ${OPENVINO.version}: remove ${folder} and run ${OPENVINO_BUNDLE.setUp}`,
    );
}

const FOUND_NONE = {
  CPU: 'OpenVINO finds no processor that it can use',
  GPU: 'OpenVINO finds no GPU of Intel',
  NPU: 'OpenVINO finds no NPU of Intel',
} as const;
type Hardware = keyof typeof FOUND_NONE;

/** The devices of one kind of hardware. @throws RuntimeUnavailable where there is none. */
export async function openvinoOf(
  runtime: Runtime,
  hardware: Hardware,
  folder?: string,
): Promise<[OpenvinoDevice, ...OpenvinoDevice[]]> {
  const [first, ...others] = (await openvinoDevices(runtime, folder)).filter(
    ({ id }) => id.split('.')[0] === hardware,
  );
  if (!first) throw new RuntimeUnavailable(FOUND_NONE[hardware]);
  return [first, ...others];
}

/** The processor. @throws RuntimeUnavailable where OpenVINO cannot use it. */
export async function openvinoCpu(runtime: Runtime, folder?: string): Promise<OpenvinoDevice> {
  const [cpu] = await openvinoOf(runtime, 'CPU', folder);
  return cpu;
}

/** @param number counted as OpenVINO tells them. @throws RuntimeUnavailable where there is no such GPU. */
export async function openvinoGpu(runtime: Runtime, number: number): Promise<OpenvinoDevice> {
  return gpuNumber(await openvinoOf(runtime, 'GPU'), number, 'OpenVINO');
}

const INTEL = 0x8086;
/** In OrtHardwareDevice of ONNX Runtime 1.30: behind the type, which has 32 bits. */
const VENDOR_OFFSET = 4;

/**
 * OpenVINO computes on processors of other makers too, but its plugin offers itself for Intel's only. While it
 * registers, the processor says that it is one of these: its vendor is written over, if it lies where it is expected.
 */
function asIntel(runtime: Runtime, register: () => void): void {
  const { plain, readAt, writeAt } = runtime;
  const processor = epDevices(runtime).find(({ provider }) => provider === CPU_PROVIDER);
  const place = processor && plain.EpDevice_Device(processor.device);
  const vendor = place ? plain.HardwareDevice_VendorId(place) : INTEL;
  if (!place || vendor === INTEL || readAt(place, VENDOR_OFFSET) !== vendor) {
    register();
    return;
  }
  writeAt(place, VENDOR_OFFSET, INTEL);
  try {
    register();
  } finally {
    writeAt(place, VENDOR_OFFSET, vendor);
  }
}

/** What OpenVINO computes in, by its own names. */
const HINTS = { fp32: 'f32', bf16: 'bf16', fp16: 'f16' } as const;
export type OpenvinoPrecision = keyof typeof HINTS;

/**
 * How a session runs by OpenVINO.
 * @param shapes fixed sizes of inputs by name, for which it prepares itself; without them pictures have any size.
 */
export function openvinoProvider(
  { device, id }: OpenvinoDevice,
  precision: OpenvinoPrecision,
  shapes?: Readonly<Record<string, readonly number[]>>,
): Provider {
  return {
    kind: 'plugin',
    device,
    options: {
      load_config: JSON.stringify({ [id]: { INFERENCE_PRECISION_HINT: HINTS[precision] } }),
      ...(shapes && {
        reshape_input: Object.entries(shapes)
          .map(([name, dims]) => `${name}[${dims.join(',')}]`)
          .join(','),
      }),
    },
  };
}

/** A network that OpenVINO cannot compute as a whole is an error, rather than computed elsewhere in part. */
export const NO_FALLBACK = { 'session.disable_cpu_ep_fallback': '1' };
