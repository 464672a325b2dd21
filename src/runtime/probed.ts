import { execa } from 'execa';
import { z } from 'zod';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { entryFile } from '../lib/project.js';
import { runtimeEnvironment } from './runtimeEnvironment.js';

const problemSchema = z.object({ problem: z.string() });

const probedSchema = z.object({
  /** Whether the C API can be called. */
  runtime: z.union([z.object({ version: z.string() }), problemSchema]),
  /** Whether OpenVINO computes on the processor: its name, and whether it has bfloat16. */
  openvino: z.union([z.object({ name: z.string(), bf16: z.boolean() }), problemSchema]),
});
/** What can be done on this machine; a problem is one line without a full stop. */
export type Probed = z.infer<typeof probedSchema>;

/** What a plugin's GPUs are called, in its own order. */
const gpusSchema = z.union([z.object({ gpus: z.array(z.string()) }), problemSchema]);
export type ProbedGpus = z.infer<typeof gpusSchema>;

const PROBE_MS = 60_000;

/** Asks a process of its own, which may crash. */
export async function probeRuntime(): Promise<Probed> {
  const answer = await ask();
  if ('said' in answer) return probedSchema.parse(JSON.parse(answer.said));
  return { runtime: answer, openvino: answer };
}

/** Tries WebGPU's GPUs in a process of its own. */
export async function probeWebgpu(): Promise<ProbedGpus> {
  const answer = await ask('webgpu');
  return 'said' in answer ? gpusSchema.parse(JSON.parse(answer.said)) : answer;
}

async function ask(...args: string[]): Promise<{ said: string } | { problem: string }> {
  const [file, bound] = withParentDeathSignal(process.execPath, [entryFile('runtime/probe.js'), ...args]);
  const { failed, stdout, stderr, shortMessage } = await execa(file, bound, {
    stdin: 'ignore',
    env: runtimeEnvironment(),
    reject: false,
    timeout: PROBE_MS,
  });
  if (!failed) return { said: stdout };
  const reason = stderr.trim().split('\n').at(-1) || shortMessage || 'no reason';
  return { problem: `the process that loads it ended (${reason})` };
}
