import os from 'node:os';
import type { Config } from '../../../temporal.config.js';
import { encodeLanes } from '../../job/encodeThreads.js';
import {
  estimateKey,
  type Outcome,
  outcomesOf,
  type StoredEstimate,
  speedOf,
  type WorkEstimate,
} from '../../job/estimateRecords.js';
import { jobLayout, resolveRooted } from '../../job/layout.js';
import { replaceJson } from '../../lib/durable.js';
import { usedInfo } from '../../media/source/examine.js';
import { discoverDevices } from '../../upscaler/devices.js';
import type { ResolvedJob } from '../job/resolveJob.js';
import { calibrate } from './calibrate.js';
import { type PlannedFrames, promisedFrames, readFrames } from './plannedFrames.js';
import { workEstimate } from './workEstimate.js';

export type JobToEstimate = Pick<ResolvedJob, 'spec' | 'info'>;

export interface EstimatedWork {
  frames: PlannedFrames;
  /** Of this machine, which the job would use; undefined where its tags are other machines'. */
  device: { device: string; label: string } | undefined;
  /** Devices of this machine that would work at the same time, at least 1. */
  devices: number;
  /** Earlier jobs of this kind, the latest. */
  outcomes: Outcome[];
  estimate: WorkEstimate | undefined;
}

/** What is known of a job's time and size. @param look as in `EstimateOptions`. */
export async function estimateWork(
  { spec, info }: JobToEstimate,
  config: Config,
  { look, signal }: { look: boolean; signal?: AbortSignal | undefined },
): Promise<EstimatedWork> {
  const { roots } = config;
  const all = await discoverDevices();
  // A filter works in the encode, which is the processor's.
  const usable =
    spec.method.kind === 'filter'
      ? all.filter(({ device }) => device === 'cpu')
      : all.filter(({ tags }) => tags.some((tag) => spec.tags.includes(tag)));
  const devices = Math.max(1, usable.length);
  const outcomes = await outcomesOf(roots.jobs, estimateKey(spec));
  const workers = { devices, speed: speedOf(outcomes) };
  const frames = look
    ? await readFrames(resolveRooted(roots, spec.input), spec, info, workers, signal)
    : promisedFrames(spec, info, workers);
  const [device] = usable;
  if (!device) return { frames, device, devices, outcomes, estimate: undefined };
  const lanes = encodeLanes(os.availableParallelism(), spec.encode.threads, config.encodeSlots);
  const parallel = Math.min(lanes, frames.plan.segments.length);
  const calibration = await calibrate({
    roots,
    spec,
    info: frames.info,
    device: device.device,
    parallel,
    measure: look,
    signal,
  });
  return {
    frames,
    device,
    devices,
    outcomes,
    estimate: workEstimate({ spec, frames, device: device.device, devices, parallel, calibration, outcomes }),
  };
}

/**
 * Keeps what a job is expected to take beside it, so that its report can tell how far off that was. The job's folder
 * must exist. Takes no time: nothing is measured.
 */
export async function storeEstimate(config: Config, job: JobToEstimate): Promise<void> {
  const { estimate } = await estimateWork(job, config, { look: false });
  const { width, height } = usedInfo(job.info, job.spec.picture).video;
  const stored: StoredEstimate = {
    key: estimateKey(job.spec),
    pixels: width * height,
    ...(estimate && { expected: estimate }),
  };
  await replaceJson(jobLayout(config.roots, job.spec).estimate, stored);
}
