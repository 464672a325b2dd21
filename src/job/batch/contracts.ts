import type { z } from 'zod';
import type { UpscaleVideoInput } from '../contracts.js';
import type {
  batchTallySchema,
  closeInputSchema,
  lookInputSchema,
  openInputSchema,
  prepareInputSchema,
  recordInputSchema,
  roundOpenedSchema,
  roundRefSchema,
  runningVideoSchema,
  upscaleBatchInputSchema,
} from './inputs.js';
import type { RoundCounts, VideoStatus } from './records.js';

/**
 * What client, workflow and activities of a batch say to each other. What grows with the batch lies in its folder.
 * What they take is said by its schemas, in job/batch/inputs.ts.
 */
export type UpscaleBatchInput = z.infer<typeof upscaleBatchInputSchema>;
export type RoundRef = z.infer<typeof roundRefSchema>;
export type RunningVideo = z.infer<typeof runningVideoSchema>;
export type BatchTally = z.infer<typeof batchTallySchema>;
export type RoundOpened = z.infer<typeof roundOpenedSchema>;

export type PreparedVideo =
  /** Nothing is left to do: finished before, or it cannot be made. Its result is recorded. */
  | { kind: 'ended'; status: VideoStatus; input: string; bytes: number; error?: string }
  /** Its job is on the disk and may be started. */
  | { kind: 'ready'; job: UpscaleVideoInput; bytes: number };

export interface VideoEnd {
  status: VideoStatus;
  input: string;
  frames: number;
  error?: string;
}

export interface BatchActivities {
  /** The first of two looks at a watched folder. */
  lookAtFolder(ref: RoundRef): Promise<void>;
  /** Lists what the round has to do. @param scheduledAt the time that the schedule meant, milliseconds since 1970. */
  openRound(input: z.infer<typeof openInputSchema>): Promise<RoundOpened>;
  /** Finds out what one video needs, and makes its job. */
  prepareVideo(input: z.infer<typeof prepareInputSchema>): Promise<PreparedVideo>;
  /** Whether a job that another command or run started has ended. */
  lookAtJob(input: z.infer<typeof lookInputSchema>): Promise<{ ended: boolean }>;
  /** Writes how a video ended. @param unfinished when the round ends first. */
  recordVideo(input: z.infer<typeof recordInputSchema>): Promise<VideoEnd>;
  /** Writes the summary and its page. */
  closeRound(input: z.infer<typeof closeInputSchema>): Promise<RoundCounts>;
}

export type BatchStage = 'looking' | 'working' | 'closing' | 'done';

/** The answer of a batch's query. */
export interface BatchProgress extends BatchTally {
  round: string;
  stage: BatchStage;
  paused?: { reason: string };
  /** Videos to make, and their input bytes; 0 until they are known. */
  files: number;
  totalBytes: number;
  skippedBefore: number;
  waiting: number;
  running: RunningVideo[];
  until?: number;
}
