import '../lib/sourceTraces.js';
import { openvinoCpu } from './openvino.js';
import { RuntimeUnavailable } from './ortError.js';
import type { Probed } from './probed.js';
import { openRuntime, type Runtime } from './runtime.js';

/**
 * A process of its own that loads ONNX Runtime and OpenVINO by the C API and prints a Probed as JSON: whatever they do
 * to a process, they do it to this one.
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

async function orProblem<T>(work: Promise<T>): Promise<T | { problem: string }> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RuntimeUnavailable) return { problem: error.message };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await probe()));
