import { Tensor as BindingTensor, env, InferenceSession } from 'onnxruntime-node';
import type { Device } from './devices.js';
import type { Tensors } from './session.js';

// What goes wrong is thrown; the library would print it as well.
env.logLevel = 'fatal';

/** Kinds of devices that onnxruntime-node's binding has. */
const BINDING_KINDS = ['cpu', 'cuda'] as const;
export type BindingDevice = Device & { kind: (typeof BINDING_KINDS)[number] };

export const isBindingDevice = (device: Device): device is BindingDevice =>
  (BINDING_KINDS as readonly string[]).includes(device.kind);

/** Opens a network by the binding, for machines where the C API cannot be called. @throws the binding's errors. */
export const openBinding = (bytes: Uint8Array, { kind, id }: BindingDevice): Promise<InferenceSession> =>
  InferenceSession.create(bytes, {
    executionProviders: [kind === 'cuda' ? { name: kind, deviceId: id } : kind],
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
  });

/** Runs it. @returns the sizes of what it gives by that name; none where it does not. */
export async function sizesByBinding(
  session: InferenceSession,
  output: string,
  inputs: Tensors,
): Promise<readonly number[]> {
  const feeds = Object.entries(inputs).map(([name, { type, data, dims }]) => [
    name,
    new BindingTensor(type, data as Uint8Array, dims),
  ]);
  const results = await session.run(Object.fromEntries(feeds) as Record<string, BindingTensor>);
  return results[output]?.dims ?? [];
}
