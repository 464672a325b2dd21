import { z } from 'zod';
import {
  count,
  heartbeatSeconds,
  keySchema,
  nameSchema,
  queueSchema,
  requestsSchema,
  roundSchema,
  text,
} from '../inputs.js';
import { prioritySchema } from '../priority.js';

/** What workflows and activities of a batch take: see job/inputs.ts. */

const index = count.max(9_999_999);

export const roundRefSchema = z.object({
  batchKey: keySchema,
  /** Names the round's folder; sorts by time. */
  round: roundSchema,
});
export const openInputSchema = roundRefSchema.extend({ settled: z.boolean(), scheduledAt: z.number() });
export const prepareInputSchema = roundRefSchema.extend({ index, searchAttributes: z.boolean() });
export const lookInputSchema = z.object({ jobKey: keySchema });
export const recordInputSchema = roundRefSchema.extend({
  index,
  jobKey: keySchema,
  unfinished: z.boolean().exactOptional(),
});
export const closeInputSchema = roundRefSchema.extend({ status: z.enum(['done', 'unfinished', 'cancelled']) });

export const runningVideoSchema = z.object({
  index,
  jobKey: nameSchema,
  /** For people. */
  input: text,
  bytes: count,
});

export const batchTallySchema = z.object({
  done: count,
  skipped: count,
  failed: count,
  cancelled: count,
  /** Frames and input bytes of the videos that were made. */
  frames: count,
  madeBytes: count,
  /** Input bytes of all that have ended. */
  bytes: count,
  /** The last failures, in plain words. */
  failures: z.array(z.string()).max(1000),
});

export const roundOpenedSchema = z.object({
  /** Videos to make. */
  files: count,
  /** Finished in earlier rounds. */
  skipped: count,
  /** Still being written. */
  waiting: count,
  /** Input bytes of the videos to make. */
  bytes: count,
  /** When the round has to stop, milliseconds since 1970. */
  until: z.number().exactOptional(),
});

/** What the next run has to know; the rest is on the disk. */
const carriedRoundSchema = z.object({
  round: roundSchema,
  opened: roundOpenedSchema,
  /** Index of the first video that was not taken up. */
  next: count,
  running: z.array(runningVideoSchema).max(100_000),
  tally: batchTallySchema,
  paused: z.object({ reason: text }).exactOptional(),
  requests: requestsSchema,
});

export const upscaleBatchInputSchema = z.object({
  batchKey: nameSchema,
  /** For people. */
  name: text,
  controlQueue: queueSchema,
  heartbeatSeconds,
  /** Videos at work at the same time. */
  parallel: z.number().int().min(1).max(1000),
  /** Videos that one run takes up before it continues as a new one, which begins with an empty history. */
  pageVideos: z.number().int().min(1).max(10_000),
  /** Seconds between two looks at a watched folder; without one what is there is taken. */
  settleSeconds: z.number().min(0).max(86_400).exactOptional(),
  /** False where the server could not register them. */
  searchAttributes: z.boolean(),
  priority: prioritySchema,
  /** Somebody is to be told of the end, as notice.json in the batch's folder says. */
  tell: z.boolean(),
  /** Set when a run continues another one. */
  carried: carriedRoundSchema.exactOptional(),
});
