import { execa } from 'execa';
import { z } from 'zod';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { entryFile } from '../lib/project.js';
import { kindNamed, type Precision } from '../runtime/devices.js';
import { runtimeEnvironment } from '../runtime/runtimeEnvironment.js';
import { providerOf } from './devices.js';
import { type UpscaleModel, upscaleModelSchema } from './protocol.js';

const TIMEOUT_MS = 300_000;

/** What a speed is measured with. */
export const speedRequestSchema = z.object({
  /** One that workers are started for. */
  device: z.string(),
  model: upscaleModelSchema,
  /** A file for what the network made of the picture: 8-bit planes, as `layoutOf` says. */
  result: z.string().optional(),
});

export const deviceSpeedSchema = z.object({
  /** Of the picture, in source pixels. */
  width: z.number().int().min(1),
  height: z.number().int().min(1),
  /** For that picture, of the fastest run. */
  seconds: z.number().positive(),
  /** Of the processor, at work meanwhile. Threads cannot be asked for, and some only wait. */
  cores: z.number().nonnegative(),
});
export type DeviceSpeed = z.infer<typeof deviceSpeedSchema>;

const answerSchema = z.union([deviceSpeedSchema, z.object({ problem: z.string() })]);

/** A network, whatever computes it. */
export type AnyUpscaleModel = Omit<UpscaleModel, 'precision' | 'provider' | 'tile' | 'tilePad' | 'prePad'>;

/**
 * How long a device takes for a small picture, measured in a process of its own, as the upscaler would compute it.
 * @param device a name of `--device`.
 * @param result a file for what it makes of the picture.
 * @returns why it cannot be computed there, as one line without a full stop, where it cannot.
 */
export async function measureDevice(
  network: AnyUpscaleModel,
  { device, precision }: { device: string; precision: Precision },
  { result, signal }: { result?: string; signal?: AbortSignal | undefined } = {},
): Promise<DeviceSpeed | { problem: string }> {
  const { workers } = kindNamed(device);
  const provider = providerOf(device);
  const model = { ...network, tile: 0, tilePad: 0, prePad: 0, precision, ...(provider && { provider }) };
  const request: z.input<typeof speedRequestSchema> = { device: workers ?? device, model, ...(result && { result }) };
  const [command, args] = withParentDeathSignal(process.execPath, [
    entryFile('upscaler/speedChild.js'),
    JSON.stringify(request),
  ]);
  const { failed, stdout, stderr, shortMessage } = await execa(command, args, {
    stdin: 'ignore',
    env: runtimeEnvironment(),
    reject: false,
    timeout: TIMEOUT_MS,
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (!failed) return answerSchema.parse(JSON.parse(stdout));
  return { problem: `the process that tried it ended (${stderr.trim().split('\n').at(-1) || shortMessage})` };
}
