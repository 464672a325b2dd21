import { epDevices } from './epDevices.js';
import { OPENVINO_BUNDLE, OPENVINO_FOLDER } from './openvinoFiles.js';
import { RuntimeUnavailable } from './ortError.js';
import { registerPlugin } from './plugin.js';
import type { Runtime } from './runtime.js';
import type { Provider } from './sessionOptions.js';
import type { Pointer } from './table.js';

const PROVIDER = 'OpenVINOExecutionProvider';
const CPU_PROVIDER = 'CPUExecutionProvider';

/** The processor, as OpenVINO sees it. */
export interface OpenvinoCpu {
  device: Pointer;
  /** Of the processor. */
  name: string;
  /** Whether it computes in bfloat16 by itself. */
  bf16: boolean;
}

const cpus = new WeakMap<Runtime, Promise<OpenvinoCpu>>();

/**
 * Registers the plugin, once in a process, and finds the processor. @throws RuntimeUnavailable, whose message says why
 * OpenVINO cannot be used here.
 */
export function openvinoCpu(runtime: Runtime, folder = OPENVINO_FOLDER): Promise<OpenvinoCpu> {
  const known = cpus.get(runtime) ?? findCpu(runtime, folder);
  cpus.set(runtime, known);
  return known;
}

async function findCpu(runtime: Runtime, folder: string): Promise<OpenvinoCpu> {
  await registerPlugin(runtime, OPENVINO_BUNDLE, folder, (register) => {
    asIntel(runtime, register);
  });
  for (const { device, provider, metadata } of epDevices(runtime)) {
    if (provider !== PROVIDER || metadata['ov_device'] !== 'CPU') continue;
    const capabilities = (metadata['OPTIMIZATION_CAPABILITIES'] ?? '').split(' ');
    return { device, name: metadata['FULL_DEVICE_NAME'] ?? 'CPU', bf16: capabilities.includes('BF16') };
  }
  throw new RuntimeUnavailable('OpenVINO finds no processor that it can use');
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

/** What OpenVINO computes in. */
export type OpenvinoPrecision = 'fp32' | 'bf16';

/**
 * How a session runs on the processor by OpenVINO.
 * @param shapes fixed sizes of inputs by name, for which it prepares itself; without them pictures have any size.
 */
export function openvinoProvider(
  { device }: OpenvinoCpu,
  precision: OpenvinoPrecision,
  shapes?: Readonly<Record<string, readonly number[]>>,
): Provider {
  const hint = precision === 'bf16' ? 'bf16' : 'f32';
  return {
    kind: 'plugin',
    device,
    options: {
      load_config: JSON.stringify({ CPU: { INFERENCE_PRECISION_HINT: hint } }),
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
