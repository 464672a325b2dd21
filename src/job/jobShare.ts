import type { Progress } from './contracts.js';

/** The stages that see every frame. */
const STAGES = ['upscale', 'encode', 'check'] as const;
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

/** The share of a job whose frames are all checked: the whole is still joined, merged and looked at. */
const ALMOST = 0.99;

/** Whether a job has passed its last check. */
export const isThrough = (stage: Progress['stage']): boolean => stage === 'publish' || stage === 'done';

/** How much of a job is done, 0 to 1. @param done frames of each stage. */
export function shareDone(
  kind: JobKind,
  { frames, stage, checkedFrames }: Pick<Progress, 'frames' | 'stage' | 'checkedFrames'>,
  done: PerStage,
): number {
  if (frames === 0) return 0;
  const share = STAGES.reduce((sum, each) => sum + SHARES[kind][each] * Math.min(1, done[each] / frames), 0) / 100;
  return Math.min(share, isThrough(stage) || checkedFrames === undefined ? 1 : ALMOST);
}
