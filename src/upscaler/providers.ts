import { execa } from 'execa';
import { UserError } from '../lib/errors.js';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { entryFile } from '../lib/project.js';
import { DEVICES } from '../runtime/devices.js';
import { probeWebgpu } from '../runtime/probed.js';
import { runtimeEnvironment } from '../runtime/runtimeEnvironment.js';

const PROBE_MS = 60_000;

/** Opens a session on a GPU. @throws UserError with ONNX Runtime's reason. */
export async function probeCuda(index: number): Promise<void> {
  const reason = await probeProvider('cuda', index);
  if (reason !== undefined)
    throw new UserError(`ONNX Runtime cannot use cuda:${index} (${reason}): ${DEVICES.cuda.advice}`);
}

/** Tries WebGPU. @throws UserError with its reason. */
export async function requireWebgpu(index: number): Promise<void> {
  const found = await probeWebgpu();
  const problem = 'problem' in found ? found.problem : index < found.gpus.length ? undefined : 'there is no such GPU';
  if (problem !== undefined)
    throw new UserError(`webgpu:${index} cannot be used (${problem}): ${DEVICES.webgpu.advice}`);
}

/**
 * Opens a session in a process of its own, which gives the memory back and may crash. @returns why that does not work,
 * undefined when it does.
 */
export async function probeProvider(name: string, device = 0): Promise<string | undefined> {
  const [file, args] = withParentDeathSignal(process.execPath, [
    entryFile('upscaler/providerProbe.js'),
    name,
    String(device),
  ]);
  const result = await execa(file, args, {
    stdin: 'ignore',
    env: runtimeEnvironment(),
    reject: false,
    timeout: PROBE_MS,
  });
  if (!result.failed) return undefined;
  // What stands before is the place in ONNX Runtime's sources.
  return (result.stderr.trim().split('\n').at(-1) || result.shortMessage || 'no reason given').replace(
    /^.* was false\. /,
    '',
  );
}

/** Names of all execution providers that this build of ONNX Runtime knows. */
export async function knownProviders(): Promise<string[]> {
  const [file, args] = withParentDeathSignal(process.execPath, [entryFile('upscaler/providerProbe.js')]);
  const { stdout } = await execa(file, args, { stdin: 'ignore', env: runtimeEnvironment(), timeout: PROBE_MS });
  return stdout.split('\n');
}
