import '../lib/sourceTraces.js';
import { cudaProblem } from './cuda.js';
import { DEVICES, type Device, parseDevice } from './devices.js';
import { devicesOf, findWay, type PluginKind } from './deviceWays.js';
import { IDENTITY_MODEL } from './identityModel.js';
import { openvinoCpu } from './openvino.js';
import { OrtError, RuntimeUnavailable } from './ortError.js';
import type { Found, Probed, Tried } from './probed.js';
import { openRuntime, type Runtime } from './runtime.js';
import { NativeSession } from './session.js';

/**
 * A process of its own that loads ONNX Runtime as jobs do and prints as JSON what it found: a Probed; for `find KIND`
 * what a plugin finds; for `try DEVICE` what came of trying it. Whatever providers do to a process, they do it to this
 * one.
 */

async function probe(): Promise<Probed> {
  const runtime = await orProblem(openRuntime());
  if ('problem' in runtime) return { runtime, openvino: runtime };
  return { runtime: { version: runtime.version }, openvino: await orProblem(openvinoOf(runtime)) };
}

async function openvinoOf(runtime: Runtime): Promise<{ name: string; bf16: boolean }> {
  const { name, bf16 } = await openvinoCpu(runtime);
  await tryOut(runtime, { kind: 'openvino:cpu', id: 0 });
  return { name, bf16 };
}

async function foundBy(kind: PluginKind): Promise<{ devices: { device: string; label: string }[] }> {
  const runtime = await openRuntime();
  const devices = await devicesOf(runtime, kind);
  for (const { device } of devices) await tryOut(runtime, parseDevice(device));
  return { devices };
}

/** Devices are told by plugins that cannot use them. */
async function tryOut(runtime: Runtime, device: Device): Promise<void> {
  // That which asks least of the hardware comes last.
  const precision = DEVICES[device.kind].precisions.at(-1) ?? 'fp32';
  const way = await findWay(runtime, device, precision, IDENTITY_MODEL);
  const session = await NativeSession.create(runtime, IDENTITY_MODEL, way?.options({ x: [1] }));
  const tensor = (data: Float32Array) => ({ type: 'float32', dims: [1], data }) as const;
  await session.run({ x: tensor(new Float32Array([1])) }, { y: tensor(new Float32Array(1)) });
  await session.release();
}

async function tried(device: Device): Promise<Tried> {
  let runtime: Runtime;
  try {
    runtime = await openRuntime();
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable)) throw error;
    return triedByBinding(device, error.message);
  }
  return orProblem(tryOut(runtime, device).then(() => ({})));
}

/** @param reason why the C API cannot be called. */
async function triedByBinding(device: Device, reason: string): Promise<Tried> {
  const { isBindingDevice, openBinding } = await import('./binding.js');
  if (!isBindingDevice(device)) return { problem: reason };
  try {
    await openBinding(IDENTITY_MODEL, device);
    return {};
  } catch (error) {
    return { problem: cudaProblem(error) ?? lineOf(error as Error) };
  }
}

async function orProblem<T>(work: Promise<T>): Promise<T | { problem: string }> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RuntimeUnavailable || error instanceof OrtError)) throw error;
    return { problem: cudaProblem(error) ?? lineOf(error) };
  }
}

const lineOf = ({ message }: Error): string => message.split('\n')[0] ?? '';

const [what, name = ''] = process.argv.slice(2);
const found: Probed | Found | Tried =
  what === 'try'
    ? await tried(parseDevice(name))
    : what === 'find'
      ? await orProblem(foundBy(name as PluginKind))
      : await probe();
// A provider may leave threads that would hold the process.
process.stdout.write(JSON.stringify(found), () => process.exit(0));
