import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import { hostKey } from '../../job/estimateRecords.js';
import { type Roots, resolveRooted } from '../../job/layout.js';
import type { SourceInfo } from '../../job/source.js';
import type { JobSpec } from '../../job/spec.js';
import { overlookDamage, readJson, replaceJson } from '../../lib/durable.js';
import type { FrameSource } from '../../media/picture/frameSource.js';
import { deliverableShape, resizeTo } from '../../media/picture/shape.js';
import { type EncodeSpeed, encodeSpeedSchema, measureEncode } from './measureEncode.js';
import { measureUpscale, type UpscaleSpeed, upscaleSpeedSchema } from './measureUpscale.js';
import { takeSampleClips } from './sampleClips.js';

/** How fast this machine is at a job's work. */
export interface Calibration {
  /** Of a filter there is none: it works inside the encode. */
  upscale?: UpscaleSpeed;
  encode: EncodeSpeed;
}

export interface Calibrating {
  roots: Roots;
  spec: JobSpec;
  info: SourceInfo;
  /** `cpu` or `cuda:N`, of this machine. */
  device: string;
  /** Encodes that the job may run at once. */
  parallel: number;
  /** False: only what was measured before. */
  measure: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Measures, in some seconds, a job's network and its encode on real frames of its source, once for each model,
 * precision, tile, size, device and host, and each clip and encoder.
 * @returns undefined where nothing was measured before and nothing may be, or where no frame can be decoded.
 */
export async function calibrate(job: Calibrating): Promise<Calibration | undefined> {
  const { spec, info, roots, device } = job;
  const {
    method,
    picture: { bitDepth },
  } = spec;
  const { width, height } = info.video;
  const size = resizeTo(deliverableShape(info.video, method.scale, spec.picture), info.video, method.scale);
  const sample = new Sample(job);
  try {
    const upscale =
      method.kind === 'filter'
        ? undefined
        : await remembered(
            job,
            upscaleSpeedSchema,
            {
              digest: method.digest,
              scale: method.scale,
              precision: method.precision,
              ...(method.provider && { provider: method.provider }),
              tile: method.tile,
              tilePad: method.tilePad,
              prePad: method.prePad,
              width,
              height,
              device,
            },
            (frames, folder) =>
              measureUpscale(frames[0] as FrameSource, { roots, method, device, folder, signal: job.signal }),
            sample,
          );
    if (method.kind === 'model' && !upscale) return undefined;
    const encode = await remembered(
      job,
      encodeSpeedSchema,
      {
        source: spec.source.digest,
        method: method.kind === 'filter' ? method.name : 'model',
        scale: method.scale,
        encode: spec.encode,
        parallel: job.parallel,
        size,
        ...(bitDepth !== 8 && { bitDepth }),
        range: spec.picture.range,
        crop: info.video.crop,
      },
      (frames, folder) =>
        measureEncode(frames, {
          method,
          size,
          encode: spec.encode,
          bitDepth,
          parallel: job.parallel,
          folder,
          signal: job.signal,
        }),
      sample,
    );
    return encode && { ...(upscale && { upscale }), encode };
  } finally {
    await sample.remove();
  }
}

async function remembered<T extends z.ZodType>(
  { roots, measure }: Calibrating,
  schema: T,
  what: object,
  look: (frames: FrameSource[], folder: string) => Promise<z.infer<T>>,
  sample: Sample,
): Promise<z.infer<T> | undefined> {
  const folder = path.join(roots.jobs, 'calibrations');
  const key = createHash('sha256')
    .update(JSON.stringify([1, what, hostKey()]))
    .digest('hex')
    .slice(0, 32);
  const file = path.join(folder, `${key}.json`);
  const known = await readJson(file, schema).catch(overlookDamage);
  if (known !== undefined || !measure) return known;
  const { frames, folder: work } = await sample.take();
  if (frames.length === 0) return undefined;
  const measured = await look(frames, work);
  await mkdir(folder, { recursive: true });
  await replaceJson(file, measured);
  return measured;
}

/** The frames that are measured on, taken when they are first needed, in a temporary folder. */
class Sample {
  readonly #job: Calibrating;
  #taken: { frames: FrameSource[]; folder: string } | undefined;

  constructor(job: Calibrating) {
    this.#job = job;
  }

  async take(): Promise<{ frames: FrameSource[]; folder: string }> {
    if (this.#taken) return this.#taken;
    const { roots, spec, info, signal } = this.#job;
    const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-plan-'));
    this.#taken = { frames: [], folder };
    this.#taken.frames = await takeSampleClips(
      resolveRooted(roots, spec.input),
      info,
      folder,
      signal,
      spec.picture.range?.from,
    );
    return this.#taken;
  }

  async remove(): Promise<void> {
    if (this.#taken) await rm(this.#taken.folder, { recursive: true, force: true });
  }
}
