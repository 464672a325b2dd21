import { execa } from 'execa';
import { z } from 'zod';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { entryFile } from '../lib/project.js';
import { parseDevice, unusable } from './devices.js';
import type { PluginKind } from './deviceWays.js';
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

/** A plugin's devices of one kind that can be used, with what people call them. */
const foundSchema = z.union([
  z.object({ devices: z.array(z.object({ device: z.string(), label: z.string() })) }),
  problemSchema,
]);
export type Found = z.infer<typeof foundSchema>;

/** What came of trying one device. */
const triedSchema = z.object({ problem: z.string().optional() });
export type Tried = z.infer<typeof triedSchema>;

const PROBE_MS = 60_000;

/** Asks a process of its own, which may crash. */
export async function probeRuntime(): Promise<Probed> {
  const answer = await ask();
  if ('said' in answer) return probedSchema.parse(JSON.parse(answer.said));
  return { runtime: answer, openvino: answer };
}

/** Finds a plugin's devices of one kind and tries each, in a process of its own. */
export async function probePlugin(kind: PluginKind): Promise<Found> {
  const answer = await ask('find', kind);
  return 'said' in answer ? foundSchema.parse(JSON.parse(answer.said)) : answer;
}

/** Computes on a device, in a process of its own, as jobs do. @returns why that does not work. */
export async function probeDevice(device: string): Promise<string | undefined> {
  const answer = await ask('try', device);
  return 'said' in answer ? triedSchema.parse(JSON.parse(answer.said)).problem : answer.problem;
}

/** @throws UserError with one line that says why a device cannot be used. */
export async function requireDevice(device: string): Promise<void> {
  const problem = await probeDevice(device);
  if (problem !== undefined) throw unusable(parseDevice(device), problem);
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
