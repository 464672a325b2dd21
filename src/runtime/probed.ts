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

const PROBE_MS = 60_000;

/** Asks a process of its own, which may crash. */
export async function probeRuntime(): Promise<Probed> {
  const [file, args] = withParentDeathSignal(process.execPath, [entryFile('runtime/probe.js')]);
  const { failed, stdout, stderr, shortMessage } = await execa(file, args, {
    stdin: 'ignore',
    env: runtimeEnvironment(),
    reject: false,
    timeout: PROBE_MS,
  });
  if (!failed) return probedSchema.parse(JSON.parse(stdout));
  const reason = stderr.trim().split('\n').at(-1) || shortMessage || 'no reason';
  const problem = `the process that loads it ended (${reason})`;
  return { runtime: { problem }, openvino: { problem } };
}
