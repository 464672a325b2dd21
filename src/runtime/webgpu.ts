import { type EpDevice, epDevices } from './epDevices.js';
import { RuntimeUnavailable } from './ortError.js';
import { gpuNumber, oncePerRuntime, registerPlugin } from './plugin.js';
import type { Runtime } from './runtime.js';
import type { SessionOptions } from './sessionOptions.js';
import { WEBGPU } from './webgpuFiles.js';

const PROVIDER = 'WebGpuExecutionProvider';

/**
 * Registers the plugin, once in a process, and finds the GPUs. @throws RuntimeUnavailable, whose message says why
 * WebGPU cannot be used here.
 */
export const webgpuDevices = oncePerRuntime(find);

async function find(runtime: Runtime, folder?: string): Promise<EpDevice[]> {
  await registerPlugin(runtime, WEBGPU, folder);
  const devices = epDevices(runtime).filter(({ provider }) => provider === PROVIDER);
  if (devices.length === 0) throw new RuntimeUnavailable('WebGPU finds no GPU');
  return devices;
}

/** @param id counted as the plugin tells them. */
export async function webgpuDevice(runtime: Runtime, id: number, folder?: string): Promise<EpDevice> {
  return gpuNumber(await webgpuDevices(runtime, folder), id, 'WebGPU');
}

/** How a session runs by WebGPU. */
export const webgpuOptions = ({ device }: EpDevice): SessionOptions => ({
  provider: { kind: 'plugin', device, options: { powerPreference: 'high-performance' } },
  computedBy: PROVIDER,
});
