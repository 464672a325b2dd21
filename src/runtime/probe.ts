import '../lib/sourceTraces.js';
import { IDENTITY_MODEL } from './identityModel.js';
import { openvinoCpu } from './openvino.js';
import { OrtError, RuntimeUnavailable } from './ortError.js';
import type { Probed, ProbedGpus } from './probed.js';
import { openRuntime, type Runtime } from './runtime.js';
import { NativeSession } from './session.js';
import type { SessionOptions } from './sessionOptions.js';
import { webgpuDevices, webgpuOptions } from './webgpu.js';

/**
 * A process of its own that loads ONNX Runtime by the C API and prints as JSON what it found: a Probed, or with the
 * argument `webgpu` a ProbedGpus. Whatever plugins do to a process, they do it to this one.
 */

async function probe(): Promise<Probed> {
  const runtime = await orProblem(openRuntime());
  if ('problem' in runtime) return { runtime, openvino: runtime };
  return { runtime: { version: runtime.version }, openvino: await orProblem(openvinoOf(runtime)) };
}

async function openvinoOf(runtime: Runtime): Promise<{ name: string; bf16: boolean }> {
  const { name, bf16 } = await openvinoCpu(runtime);
  return { name, bf16 };
}

async function webgpuOf(): Promise<{ gpus: string[] }> {
  const runtime = await openRuntime();
  const devices = await webgpuDevices(runtime);
  for (const device of devices) await tryOut(runtime, webgpuOptions(device));
  return {
    gpus: devices.map(({ vendor, metadata }) => metadata['Description'] ?? `GPU of ${vendor || 'some maker'}`),
  };
}

/** Devices are told by plugins that cannot use them. */
async function tryOut(runtime: Runtime, options: SessionOptions): Promise<void> {
  const session = await NativeSession.create(runtime, IDENTITY_MODEL, options);
  const tensor = (data: Float32Array) => ({ type: 'float32', dims: [1], data }) as const;
  await session.run({ x: tensor(new Float32Array([1])) }, { y: tensor(new Float32Array(1)) });
  await session.release();
}

async function orProblem<T>(work: Promise<T>): Promise<T | { problem: string }> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RuntimeUnavailable || error instanceof OrtError)
      return { problem: error.message.split('\n')[0] ?? '' };
    throw error;
  }
}

const found: Probed | ProbedGpus = process.argv[2] === 'webgpu' ? await orProblem(webgpuOf()) : await probe();
process.stdout.write(JSON.stringify(found), () => process.exit(0));
