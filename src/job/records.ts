import { z } from 'zod';
import { contentsSchema } from './contents.js';
import { fileNameSchema } from './parts.js';
import { sha256Schema } from './spec.js';
import { timelineSchema } from './timeline.js';

/** A finished file of a stage: what concat and merge leave, so that a repeated attempt finds it. */
export const fileRecordSchema = z.object({
  /** In the record's own folder. */
  file: fileNameSchema,
  bytes: z.number().int(),
  sha256: sha256Schema,
});
export type FileRecord = z.infer<typeof fileRecordSchema>;

/** The joined video without sound; `reorderSeconds` is how early its packets have to be decoded. */
export const videoRecordSchema = fileRecordSchema.extend({ reorderSeconds: z.number().min(0) });

/** What the merge left beside the output, hidden, until it is published. */
export const mergedSchema = fileRecordSchema.extend({ warnings: z.array(z.string()), contents: contentsSchema });

/** Of the verification's report, what decides about the delivery. */
export const verdictSchema = z.object({
  ok: z.boolean(),
  problems: z.array(z.string()),
  file: z.object({ sha256: z.string() }),
});

/** A segment did not pass its check, which ended that try of the job. A later one goes on to the end. */
export const warnedSchema = z.object({ at: z.string(), problems: z.array(z.string()) });

/**
 * A person has seen what is wrong with the result and wants it nevertheless. Belongs to the try that made the result.
 */
export const acceptedSchema = z.object({
  at: z.string(),
  problems: z.array(z.string()),
  /** Seconds from the start of the job to the end of the try that made the result. */
  seconds: z.number().min(0),
});

/** The straight lossless copy of a source that segments cannot seek in. Its timeline is the truth from then on. */
export const conformedSchema = fileRecordSchema.extend({
  timeline: timelineSchema,
  decoded: z.number().int(),
  promised: z.number().int(),
  /** What the decoder complained about, the first lines. */
  errors: z.array(z.string()),
  repairedTimestamps: z.number().int(),
  damaged: z.boolean(),
});
export type Conformed = z.infer<typeof conformedSchema>;

/** How a job ended without a result. */
export const endedSchema = z.object({ state: z.enum(['failed', 'cancelled']), message: z.string(), at: z.string() });
export type Ended = z.infer<typeof endedSchema>;

export const reportSchema = z.object({
  job: z.string(),
  status: z.literal('done'),
  output: z.string(),
  frames: z.number().int(),
  inferredFrames: z.number().int(),
  /** Reports of earlier versions have none. */
  duplicateFrames: z.number().int().default(0),
  reusedFrames: z.number().int(),
  seconds: z.number(),
  fps: z.number(),
  bytes: z.number().int(),
  sha256: sha256Schema,
  workedSeconds: z.number().optional(),
  estimate: z.object({ seconds: z.number(), bytes: z.number() }).optional(),
  damaged: z.object({ expected: z.number().int(), decoded: z.number().int() }).optional(),
  /** It did not pass its checks, and was delivered because a person wanted it. */
  accepted: acceptedSchema.pick({ at: true, problems: true }).optional(),
  warnings: z.array(z.string()),
});
