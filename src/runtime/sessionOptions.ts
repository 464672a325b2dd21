import { RECORD_ASSIGNMENT } from './assignment.js';
import { RuntimeUnavailable } from './ortError.js';
import type { Runtime } from './runtime.js';
import type { StagingMemory } from './staging.js';
import type { Pointer } from './table.js';

/** An execution provider that comes before the CPU's own, with its options. */
export type Provider =
  | { kind: 'cuda'; options: Readonly<Record<string, string>> }
  /** @param device an OrtEpDevice of a plugin that was registered. */
  | { kind: 'plugin'; device: Pointer; options: Readonly<Record<string, string>> };

/** Of GraphOptimizationLevel. */
const OPTIMIZATIONS = { none: 0, basic: 1, extended: 2, all: 99 } as const;

export interface SessionOptions {
  /** Default: only the CPU's. */
  provider?: Provider;
  /** Of the CPU provider. Default: as many as there are cores. */
  threads?: number;
  /** Default: all. */
  optimization?: keyof typeof OPTIMIZATIONS;
  /** Entries by the names of onnxruntime_session_options_config_keys.h. */
  config?: Readonly<Record<string, string>>;
  /** The provider that has to compute the network, by its own name. */
  computedBy?: string;
  /** Memory that inputs and outputs pass through. Default: none, they are used where they are. */
  staging?: StagingMemory;
}

const FATAL = 4;

/** Lends native session options. */
export async function withSessionOptions<T>(
  runtime: Runtime,
  { provider, threads, optimization = 'all', config = {}, computedBy }: SessionOptions,
  use: (options: Pointer) => Promise<T>,
): Promise<T> {
  const { checked, plain } = runtime;
  const options = checked.CreateSessionOptions();
  try {
    checked.SetSessionLogSeverityLevel(options, FATAL);
    checked.SetSessionGraphOptimizationLevel(options, OPTIMIZATIONS[optimization]);
    if (threads !== undefined) checked.SetIntraOpNumThreads(options, threads);
    const entries = { ...config, ...(computedBy !== undefined && RECORD_ASSIGNMENT) };
    for (const [key, value] of Object.entries(entries)) checked.AddSessionConfigEntry(options, key, value);
    if (provider) append(runtime, options, provider);
    return await use(options);
  } finally {
    plain.ReleaseSessionOptions(options);
  }
}

function append(runtime: Runtime, session: Pointer, provider: Provider): void {
  const { checked, environment } = runtime;
  const [keys, values] = [Object.keys(provider.options), Object.values(provider.options)];
  if (provider.kind === 'cuda') appendCuda(runtime, session, keys, values);
  else {
    const devices = [provider.device];
    checked.SessionOptionsAppendExecutionProvider_V2(session, environment, devices, 1, keys, values, keys.length);
  }
}

function appendCuda(runtime: Runtime, session: Pointer, keys: string[], values: string[]): void {
  const { checked, plain } = runtime;
  const cuda = checked.CreateCUDAProviderOptions();
  try {
    // It sets everything that it is not told to its default, so it is told everything at once.
    checked.UpdateCUDAProviderOptions(cuda, keys, values, keys.length);
    requireTaken(runtime, cuda, keys, values);
    checked.SessionOptionsAppendExecutionProvider_CUDA_V2(session, cuda);
  } finally {
    plain.ReleaseCUDAProviderOptions(cuda);
  }
}

/** Options that are not what they were set to would change pictures or speed, and nobody would know. */
function requireTaken({ checked, allocator, textAt }: Runtime, cuda: Pointer, keys: string[], values: string[]): void {
  const place = checked.GetCUDAProviderOptionsAsString(cuda, allocator);
  const taken = textAt(place).split(';');
  checked.AllocatorFree(allocator, place);
  const lost = keys.map((key, i) => `${key}=${values[i]}`).find((option) => !taken.includes(option));
  if (lost !== undefined) throw new RuntimeUnavailable(`the CUDA provider does not take ${lost}`);
}
