import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../lib/digest.js';
import { stateFolder } from '../lib/stateFolder.js';
import { nvidiaProblem } from './cuda.js';
import { type EpDevice, epDevices } from './epDevices.js';
import { RuntimeUnavailable } from './ortError.js';
import { gpuNumber, oncePerRuntime, registerPlugin } from './plugin.js';
import type { Runtime } from './runtime.js';
import type { SessionOptions } from './sessionOptions.js';
import { TENSORRT_RTX } from './tensorrtRtxFiles.js';

const PROVIDER = 'NvTensorRTRTXExecutionProvider';

/**
 * Registers the plugin, once in a process, and finds the GPUs. @throws RuntimeUnavailable, whose message says why
 * TensorRT-RTX cannot be used here.
 */
export const tensorrtRtxDevices = oncePerRuntime(find);

async function find(runtime: Runtime, folder?: string): Promise<EpDevice[]> {
  try {
    await registerPlugin(runtime, TENSORRT_RTX, folder);
  } catch (error) {
    const problem = nvidiaProblem((error as Error).message);
    throw problem === undefined ? error : new RuntimeUnavailable(problem);
  }
  const devices = epDevices(runtime).filter(({ provider }) => provider === PROVIDER);
  if (devices.length === 0)
    throw new RuntimeUnavailable('TensorRT-RTX finds no GPU of compute capability 8.6, 8.9, or 12 and later');
  return devices;
}

/** @param id counted as the plugin tells them. */
export async function tensorrtRtxDevice(runtime: Runtime, id: number): Promise<EpDevice> {
  return gpuNumber(await tensorrtRtxDevices(runtime), id, 'TensorRT-RTX');
}

/** Makes the folder for what TensorRT-RTX compiles for a network, which it would else do again in each process. */
export async function engineFolder(network: Uint8Array): Promise<string> {
  // It names its files after the graph, and graphs of other networks may have the same name.
  const folder = path.join(stateFolder(), 'engines', TENSORRT_RTX.name, digestOf(network).slice(0, 16));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** How a session runs by TensorRT-RTX. */
export const tensorrtRtxOptions = ({ device }: EpDevice, engines: string): SessionOptions => ({
  provider: { kind: 'plugin', device, options: { nv_runtime_cache_path: engines } },
  computedBy: PROVIDER,
});
