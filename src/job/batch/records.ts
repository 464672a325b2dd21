import { z } from 'zod';
import { rootedPathSchema, sha256Schema } from '../spec.js';

const entrySchema = z.object({
  input: rootedPathSchema,
  output: rootedPathSchema,
  /** Bytes of the input; 0 where it could not be seen. */
  bytes: z.number().int(),
});
export type BatchEntry = z.infer<typeof entrySchema>;

/** What one round has to do. Lies on the disk as list.json, since it grows with the batch. */
export const roundListSchema = z.object({
  /** When the round began, ISO 8601. */
  startedAt: z.string(),
  entries: z.array(entrySchema),
  /** Finished in an earlier round: same file, same result. */
  skipped: z.array(entrySchema.extend({ job: z.string() })),
  /** Still being written: left for the next round. */
  waiting: z.array(rootedPathSchema),
});
export type RoundList = z.infer<typeof roundListSchema>;

/**
 * - done, damaged: made in this round, the latter from a damaged source.
 * - skipped: it was finished before.
 * - failed, cancelled: `error` says why.
 * - unfinished: the round ended first; the next one goes on with it.
 */
export const videoStatusSchema = z.enum(['done', 'damaged', 'skipped', 'failed', 'cancelled', 'unfinished']);
export type VideoStatus = z.infer<typeof videoStatusSchema>;

/** How one video of a round ended. */
export const videoResultSchema = z.object({
  input: z.string(),
  output: z.string(),
  status: videoStatusSchema,
  job: z.string().optional(),
  frames: z.number().int().optional(),
  /** Frames that went through the network in this job. */
  inferredFrames: z.number().int().optional(),
  reusedFrames: z.number().int().optional(),
  seconds: z.number().optional(),
  fps: z.number().optional(),
  /** Of the result. */
  bytes: z.number().int().optional(),
  warnings: z.array(z.string()).optional(),
  error: z.string().optional(),
  /** What is wrong with a result that did not pass its checks and was delivered because a person wanted it. */
  accepted: z.array(z.string()).optional(),
});
export type VideoResult = z.infer<typeof videoResultSchema>;

export const roundCountsSchema = z.object({
  files: z.number().int(),
  done: z.number().int(),
  skipped: z.number().int(),
  failed: z.number().int(),
  cancelled: z.number().int(),
  unfinished: z.number().int(),
  /** Still being written when the round looked. */
  waiting: z.number().int(),
});
export type RoundCounts = z.infer<typeof roundCountsSchema>;

/** What a round has come to. summary.json in its folder, with a page beside it. */
export const summarySchema = z.object({
  batch: z.string(),
  name: z.string(),
  schedule: z.string().optional(),
  /** `unfinished`: the time window ended first. */
  status: z.enum(['done', 'unfinished', 'cancelled']),
  startedAt: z.string(),
  endedAt: z.string(),
  seconds: z.number(),
  ...roundCountsSchema.shape,
  frames: z.number().int(),
  inferredFrames: z.number().int(),
  /** Frames of this round's results over its seconds. */
  fps: z.number(),
  bytes: z.number().int(),
  videos: z.array(videoResultSchema),
});
export type BatchSummary = z.infer<typeof summarySchema>;

/** Remembered of a finished video, so that a later round knows it without reading it again. */
export const madeSchema = z.object({
  size: z.number(),
  mtimeMs: z.number(),
  ino: z.number(),
  /** Digest of the source. */
  digest: sha256Schema,
  job: z.string(),
  output: rootedPathSchema,
  outputSha256: sha256Schema,
  /** The result as the file system shows it. */
  result: z.object({ size: z.number(), mtimeMs: z.number(), ino: z.number() }),
});
export type Made = z.infer<typeof madeSchema>;
