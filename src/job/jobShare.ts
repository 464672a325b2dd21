import type { Progress } from '../../job/contracts.js';

/** The stages that see every frame. */
export const STAGES = ['upscale', 'encode', 'check'] as const;
export type FrameStage = (typeof STAGES)[number];
/** Of each stage, such as frames that are done. */
export type PerStage = Record<FrameStage, number>;

export type JobKind = NonNullable<Progress['method']>;

/**
 * Of a job's work, a stage's share in percent, so that the percentage counts all of them and only grows: about what
 * they take on a processor with a light network. With a heavy one the upscale takes longer; the time that is left is
 * told by speeds that are measured.
 */
const SHARES: Record<JobKind, PerStage> = {
  model: { upscale: 70, encode: 20, check: 10 },
  filter: { upscale: 0, encode: 85, check: 15 },
};

/** The stage that makes the pictures. */
export const mainStage = (kind: JobKind): 'upscale' | 'encode' => (kind === 'model' ? 'upscale' : 'encode');

/** How much of a job is done, 0 to 1. @param done frames of each stage. */
export const shareDone = (kind: JobKind, frames: number, done: PerStage): number =>
  frames === 0
    ? 0
    : STAGES.reduce((sum, stage) => sum + SHARES[kind][stage] * Math.min(1, done[stage] / frames), 0) / 100;
