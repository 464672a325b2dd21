import { z } from 'zod';
import { containerSchema } from '../contents.js';
import { keySchema } from '../inputs.js';
import { keyOf } from '../keys.js';
import { rangeSchema } from '../pictureSpec.js';
import { prioritySchema } from '../priority.js';
import { rootedPathSchema } from '../spec.js';

/** `HH:MM` of a day. */
export const clockSchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, as in 07:00');

/** Where a schedule's batch takes its videos from, and when. */
const watchSchema = z.object({
  /** The schedule's name. */
  schedule: z.string(),
  folder: rootedPathSchema,
  /** Cron expression, or `every 30m`. */
  when: z.string(),
  /** When a round pauses its jobs, in the schedule's time zone. */
  until: clockSchema.optional(),
  /** IANA name. */
  timezone: z.string(),
});

/**
 * What was asked for: one batch, which may be run any number of times, each time in a round of its own. Stored as
 * batch.json.
 */
export const batchSpecSchema = z.object({
  version: z.literal(1),
  batchKey: keySchema,
  /** For people: what was named on the command line. */
  name: z.string(),
  watch: watchSchema.optional(),
  outDir: rootedPathSchema,
  container: containerSchema,
  /** How many times larger, which the names of the results say. */
  scale: z.number().int().min(1),
  /** The part of each video, which they say too. */
  range: rangeSchema.optional(),
  /** The flags of each job, as text from a command line. */
  flags: z.record(z.string(), z.union([z.string(), z.boolean()])),
  /** A network that is named by its file. */
  modelFile: rootedPathSchema.optional(),
  priority: prioritySchema,
  /** Videos at work at the same time. */
  parallel: z.number().int().min(1),
  createdAt: z.string(),
});
export type BatchSpec = z.infer<typeof batchSpecSchema>;

/** Names a batch by what was asked for: the same command means the same batch. */
export const batchKeyOf = (asked: object): string => keyOf({ batch: 1, ...asked });

/** The name that people use: the first eight digits. */
export const shortBatch = ({ batchKey }: Pick<BatchSpec, 'batchKey'>): string => batchKey.slice(0, 8);
