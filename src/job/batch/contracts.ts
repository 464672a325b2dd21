import type { UpscaleVideoInput } from '../contracts.js';
import type { RoundCounts, VideoStatus } from './records.js';

/** What client, workflow and activities of a batch say to each other. What grows with the batch lies in its folder. */
export interface UpscaleBatchInput {
  batchKey: string;
  /** For people. */
  name: string;
  controlQueue: string;
  heartbeatSeconds: number;
  /** Videos at work at the same time. */
  parallel: number;
  /** Videos that one run takes up before it continues as a new one, which begins with an empty history. */
  pageVideos: number;
  /** Seconds between two looks at a watched folder; without one what is there is taken. */
  settleSeconds?: number;
  /** False where the server could not register them. */
  searchAttributes: boolean;
  priority: number;
  /** Somebody is to be told of the end, as notice.json in the batch's folder says. */
  tell: boolean;
  /** Set when a run continues another one. */
  carried?: CarriedRound;
}

export interface RoundRef {
  batchKey: string;
  /** Names the round's folder; sorts by time. */
  round: string;
}

/** What the next run has to know; the rest is on the disk. */
export interface CarriedRound {
  round: string;
  opened: RoundOpened;
  /** Index of the first video that was not taken up. */
  next: number;
  running: RunningVideo[];
  tally: BatchTally;
  paused?: { reason: string };
}

export interface RunningVideo {
  index: number;
  jobKey: string;
  /** For people. */
  input: string;
  bytes: number;
}

export interface BatchTally {
  done: number;
  skipped: number;
  failed: number;
  cancelled: number;
  /** Frames and input bytes of the videos that were made. */
  frames: number;
  madeBytes: number;
  /** Input bytes of all that have ended. */
  bytes: number;
  /** The last failures, in plain words. */
  failures: string[];
}

export interface RoundOpened {
  /** Videos to make. */
  files: number;
  /** Finished in earlier rounds. */
  skipped: number;
  /** Still being written. */
  waiting: number;
  /** Input bytes of the videos to make. */
  bytes: number;
  /** When the round has to stop, milliseconds since 1970. */
  until?: number;
}

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
  openRound(input: RoundRef & { settled: boolean; scheduledAt: number }): Promise<RoundOpened>;
  /** Finds out what one video needs, and makes its job. */
  prepareVideo(input: RoundRef & { index: number; searchAttributes: boolean }): Promise<PreparedVideo>;
  /** Whether a job that another command or run started has ended. */
  lookAtJob(input: { jobKey: string }): Promise<{ ended: boolean }>;
  /** Writes how a video ended. @param unfinished when the round ends first. */
  recordVideo(input: RoundRef & { index: number; jobKey: string; unfinished?: boolean }): Promise<VideoEnd>;
  /** Writes the summary and its page. */
  closeRound(input: RoundRef & { status: 'done' | 'unfinished' | 'cancelled' }): Promise<RoundCounts>;
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
