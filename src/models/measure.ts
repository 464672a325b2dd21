import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { hostKey } from '../job/estimateRecords.js';
import { overlookDamage, readJson, replaceJson } from '../lib/durable.js';
import { runChild } from './child.js';
import { type Measured, measuredSchema } from './measured.js';

const TIMEOUT_MS = 300_000;

export interface MeasureOptions {
  modelsRoot: string;
  /** `cpu` or `cuda:N`. */
  device: string;
  signal?: AbortSignal | undefined;
}

/** PAL. */
const VIDEO_PIXELS = 720 * 576;

export interface Speed {
  device: string;
  /** Source pixels of the tile that was run. */
  tile: { width: number; height: number };
  /**
   * Frames a second for a video of 720x576, as far as the network goes: by the share of its pixels that the tile is,
   * without overlap.
   */
  fps: number;
}

/**
 * The speed of a network on this machine, or why it cannot be run. Measured in a process of its own, once for a digest
 * and a device.
 */
export async function measureSpeed(
  file: string,
  digest: string,
  { modelsRoot, device, signal }: MeasureOptions,
): Promise<Speed | { problem: string }> {
  const folder = path.join(modelsRoot, 'measured');
  const record = path.join(folder, `${digest}-${device.replace(':', '')}-${hostKey()}.json`);
  const known = await readJson(record, measuredSchema).catch(overlookDamage);
  if (known) return speedOf(known, device);
  const { stdout, stderr, failure } = await runChild('measureChild.js', [file, device.replace('cuda:', '')], {
    timeout: TIMEOUT_MS,
    signal,
  });
  if (failure !== undefined)
    return {
      problem:
        `it could not be run on ${device} ` +
        `(${stderr.split('\n').find((line) => line.startsWith('Error')) ?? failure})`,
    };
  const measured = measuredSchema.parse(JSON.parse(stdout));
  await mkdir(folder, { recursive: true });
  await replaceJson(record, measured);
  return speedOf(measured, device);
}

const speedOf = ({ width, height, secondsPerTile }: Measured, device: string): Speed => ({
  device,
  tile: { width, height },
  fps: (width * height) / (secondsPerTile * VIDEO_PIXELS),
});
