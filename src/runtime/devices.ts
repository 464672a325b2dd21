import { UserError } from '../lib/errors.js';

/** What a network is computed in. */
export type Precision = 'fp32' | 'fp16' | 'bf16';

/** A kind of device that networks are computed on, and what people are told of it. */
export interface DeviceKind {
  /** As it stands behind `--device`; N is a number. */
  readonly name: string;
  readonly computedBy: string;
  readonly needs: string;
  /** What fetches all that is fetched for it. */
  readonly setUp: string;
  /** What to do where it should be usable and is not, as the end of a sentence. */
  readonly advice: string;
  /** The best one first: `auto` takes the first that the hardware has. */
  readonly precisions: readonly Precision[];
  /** `gpu` stands for all that is not the processor. */
  readonly hardware: 'cpu' | 'gpu';
  /** The kind whose workers compute on it too, where it has none of its own. */
  readonly workers?: 'cpu';
  /** In a job: what computes its network, where it is not ONNX Runtime's own provider for the hardware. */
  readonly provider?: 'openvino' | 'openvino-gpu' | 'openvino-npu' | 'tensorrt-rtx' | 'webgpu';
}

/** All of them: flags, help, the doctor, workers' tags and docs/devices.md read this. */
export const DEVICES = {
  cpu: {
    name: 'cpu',
    computedBy: "ONNX Runtime's CPU provider",
    needs: 'nothing more',
    setUp: 'npm run setup',
    advice: 'run npm run setup again',
    precisions: ['fp32'],
    hardware: 'cpu',
  },
  'openvino:cpu': {
    name: 'openvino:cpu',
    computedBy: 'OpenVINO, as a plugin of ONNX Runtime',
    needs: 'Linux on x86-64',
    setUp: 'npm run setup:openvino',
    advice: 'run npm run setup:openvino, or use --device cpu',
    precisions: ['bf16', 'fp32'],
    hardware: 'cpu',
    workers: 'cpu',
    provider: 'openvino',
  },
  'openvino:gpu': {
    name: 'openvino:gpu:N',
    computedBy: 'OpenVINO, as a plugin of ONNX Runtime',
    needs: "an Intel GPU with Intel's compute runtime for OpenCL, Linux on x86-64",
    setUp: 'npm run setup:openvino',
    advice: "run npm run setup:openvino, and check Intel's compute runtime (Debian's intel-opencl-icd)",
    precisions: ['fp16', 'fp32'],
    hardware: 'gpu',
    provider: 'openvino-gpu',
  },
  'openvino:npu': {
    name: 'openvino:npu',
    computedBy: 'OpenVINO, as a plugin of ONNX Runtime',
    needs: "an Intel NPU with Intel's driver for Level Zero, Linux on x86-64",
    setUp: 'npm run setup:openvino',
    advice: "run npm run setup:openvino, and check Intel's NPU driver (github.com/intel/linux-npu-driver)",
    precisions: ['fp16'],
    hardware: 'gpu',
    provider: 'openvino-npu',
  },
  cuda: {
    name: 'cuda:N',
    computedBy: "ONNX Runtime's CUDA provider",
    needs: 'an NVIDIA GPU with a driver for CUDA 13, Linux on x86-64',
    setUp: 'npm run setup:cuda',
    advice: 'run npm run setup:cuda, and check the NVIDIA driver',
    precisions: ['fp16', 'fp32'],
    hardware: 'gpu',
  },
  'tensorrt-rtx': {
    name: 'tensorrt-rtx:N',
    computedBy: 'TensorRT-RTX, as a plugin of ONNX Runtime',
    needs:
      'an NVIDIA GPU of compute capability 8.6, 8.9, or 12 and later (RTX cards, L4, L40), ' +
      'with a driver for CUDA 13, Linux on x86-64',
    setUp: 'npm run setup:tensorrt-rtx',
    advice: 'run npm run setup:tensorrt-rtx, and check the NVIDIA driver',
    precisions: ['fp16', 'fp32'],
    hardware: 'gpu',
    provider: 'tensorrt-rtx',
  },
  webgpu: {
    name: 'webgpu:N',
    computedBy: 'WebGPU, as a plugin of ONNX Runtime',
    needs: 'a GPU with a Vulkan driver, Linux on x86-64',
    setUp: 'npm run setup:webgpu',
    advice: 'run npm run setup:webgpu, and check the Vulkan driver',
    precisions: ['fp16', 'fp32'],
    hardware: 'gpu',
    provider: 'webgpu',
  },
} as const satisfies Record<string, DeviceKind>;
export type KindName = keyof typeof DEVICES;

const KINDS: readonly (readonly [KindName, DeviceKind])[] = Object.entries(DEVICES) as [KindName, DeviceKind][];

/** One device: its kind, and which one of them, from 0 on. */
export interface Device {
  kind: KindName;
  id: number;
}

/** Joined for a sentence: `a, b or c`. */
const oneOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;

const namesWhere = (wanted: (kind: DeviceKind) => boolean): string =>
  oneOf(KINDS.flatMap(([, kind]) => (wanted(kind) ? [kind.name] : [])));

export const DEVICE_NAMES = namesWhere(() => true);
/** Those that a worker is started for. */
export const WORKER_DEVICE_NAMES = namesWhere(({ workers }) => workers === undefined);

function findDevice(text: string): Device | undefined {
  const [, name = '', id] = /^(.*?)(?::(\d{1,3}))?$/.exec(text) ?? [];
  const found = KINDS.find(([, kind]) => kind.name === (id === undefined ? name : `${name}:N`));
  return found && { kind: found[0], id: Number(id ?? 0) };
}

export const isDevice = (text: string): boolean => findDevice(text) !== undefined;

/** @throws UserError for anything but the name of a device. */
export function parseDevice(text: string): Device {
  const device = findDevice(text);
  if (!device) throw new UserError(`${text} is not a device: use ${DEVICE_NAMES}`);
  return device;
}

/** As it stands behind `--device`. */
export const nameOf = ({ kind, id }: Device): string => DEVICES[kind].name.replace(':N', `:${id}`);

/** @param why the middle of a sentence. */
export const unusable = (device: Device, why: string): UserError =>
  new UserError(`${nameOf(device)} cannot be used (${why}): ${DEVICES[device.kind].advice}`);

/** What is fixed about a device. @throws UserError for anything but the name of a device. */
export const kindNamed = (text: string): DeviceKind => DEVICES[parseDevice(text).kind];

/** @throws UserError for anything but the name of a device that workers are started for. */
export function parseWorkerDevice(text: string): Device {
  const device = findDevice(text);
  if (!device) throw new UserError(`${text} is not a device: use ${WORKER_DEVICE_NAMES}`);
  const { workers }: DeviceKind = DEVICES[device.kind];
  if (workers) throw new UserError(`${text} has no workers of its own: use ${workers}, whose workers serve it too`);
  return device;
}

/** What a job's network is computed by: its provider where it names one, else the hardware's own. */
export function kindOf(provider: DeviceKind['provider'] | undefined, hardware: DeviceKind['hardware']): DeviceKind {
  if (provider === undefined) return hardware === 'gpu' ? DEVICES.cuda : DEVICES.cpu;
  const found = KINDS.find(([, kind]) => kind.provider === provider);
  if (!found) throw new Error(`no device has the provider ${provider}`);
  return found[1];
}

/**
 * What computes a job's network on a worker's device. @throws UserError where the job is for another kind of device:
 * tags may lead it there.
 */
export function kindFor(device: Device, provider: DeviceKind['provider'] | undefined): KindName {
  const found = KINDS.find(([name, kind]) => kind.provider === provider && (kind.workers ?? name) === device.kind);
  if (found) return found[0];
  const { name, hardware }: DeviceKind = DEVICES[device.kind];
  throw new UserError(`the job is for ${kindOf(provider, hardware).name}, and its tags led it to a worker of ${name}`);
}

/** What `auto` takes where the hardware need not be asked. */
export const bestPrecision = ({ precisions }: DeviceKind): Precision => precisions[0] ?? 'fp32';

/** A device does not compute in the precision that it is to. */
export class PrecisionUnavailable extends UserError {}

/** @throws PrecisionUnavailable for a precision that is not computed there. */
export function requirePrecision(kind: DeviceKind, precision: Precision): void {
  if (kind.precisions.includes(precision)) return;
  const others = namesWhere(({ precisions }) => precisions.includes(precision));
  throw new PrecisionUnavailable(
    `--precision ${precision} needs --device ${others}: ${kind.name} computes in ${oneOf(kind.precisions)}`,
  );
}
