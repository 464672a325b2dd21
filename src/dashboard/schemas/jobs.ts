import { z } from '@hono/zod-openapi';

/** Jobs, in a list and in full. */

const stageSchema = z.enum([
  'probe',
  'conform',
  'plan',
  'upscale',
  'encode',
  'concat',
  'merge',
  'verify',
  'publish',
  'done',
  'failed',
  'cancelled',
]);

const statusSchema = z
  .enum(['running', 'paused', 'interrupted', 'done', 'failed', 'cancelled'])
  .openapi({ description: 'interrupted: open, but no server works on it; resuming it goes on from its parts' });

export const jobSchema = z
  .object({
    job: z.string().openapi({ description: '32 hexadecimal digits; people use the first eight' }),
    inputName: z.string(),
    input: z.string(),
    outputName: z.string(),
    output: z.string(),
    method: z.string(),
    status: statusSchema,
    stage: stageSchema.optional(),
    percent: z.number().min(0).max(100).openapi({ description: 'of the work of all stages' }),
    frames: z.number().int().min(0).openapi({ description: '0 until they are known' }),
    doneFrames: z
      .number()
      .int()
      .min(0)
      .openapi({ description: 'of the stage that makes the pictures: upscale for a model, encode for a filter' }),
    fps: z.number().min(0),
    etaSeconds: z.number().min(0).optional().openapi({ description: 'until the whole job is done' }),
    devices: z.array(z.string()).openapi({ description: 'that work on it now' }),
    waiting: z.string().optional().openapi({ description: 'what holds it up, in plain words' }),
    reason: z.string().optional().openapi({ description: 'why it is paused' }),
    error: z.string().optional(),
    damaged: z.boolean().optional().openapi({ description: 'delivered from a damaged source' }),
    accepted: z
      .boolean()
      .optional()
      .openapi({ description: 'delivered because a person wanted it, although it did not pass its checks' }),
    createdAt: z.string(),
    endedAt: z.string().optional(),
    seconds: z
      .number()
      .min(0)
      .optional()
      .openapi({ description: 'from the start to the end of a finished job, pauses included' }),
  })
  .openapi('Job');
export type Job = z.infer<typeof jobSchema>;

export const jobsSchema = z
  .object({
    revision: z.string().openapi({ description: 'where the event stream goes on: /api/events?since=' }),
    total: z.number().int(),
    jobs: z.array(jobSchema).openapi({ description: 'newest first' }),
  })
  .openapi('Jobs');
export type Jobs = z.infer<typeof jobsSchema>;

export const jobsQuerySchema = z.object({ limit: z.coerce.number().int().min(1).max(20_000).default(2000) });

const segmentSchema = z.object({
  frames: z.number().int(),
  state: z.enum(['waiting', 'upscaling', 'upscaled', 'encoding', 'encoded']),
  done: z.number().min(0).max(1).openapi({ description: 'share of the work at hand' }),
  device: z.string().optional(),
  fps: z.number().optional(),
  attempt: z.number().int().optional().openapi({ description: 'from 2 on' }),
});
export type Segment = z.infer<typeof segmentSchema>;

const logEntrySchema = z.object({
  at: z.string().optional(),
  kind: z.enum(['start', 'stage', 'pause', 'resume', 'retry', 'problem', 'note', 'end']),
  text: z.string(),
});
export type LogEntry = z.infer<typeof logEntrySchema>;

/** Milliseconds since 1970, and frames a second. */
const speedSchema = z.array(z.tuple([z.number(), z.number()]));

export const checksSchema = z.object({
  ok: z.boolean(),
  problems: z.array(z.string()),
  warnings: z.array(z.string()),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), measured: z.string(), expected: z.string() })),
  page: z.boolean().openapi({ description: 'whether /api/jobs/{job}/verified has a page about it' }),
  rejected: z.boolean().openapi({ description: 'the result did not pass, is kept, and can be published as it is' }),
});

export const jobDetailSchema = z
  .object({
    job: jobSchema,
    settings: z
      .array(z.tuple([z.string(), z.string()]))
      .openapi({ description: 'what was asked for: names and values' }),
    segments: z.array(segmentSchema),
    speed: speedSchema.openapi({ description: 'in the event stream only what came since the last event' }),
    log: z.array(logEntrySchema),
    checks: checksSchema.optional(),
    result: z
      .object({
        frames: z.number(),
        inferredFrames: z.number(),
        reusedFrames: z.number(),
        bytes: z.number(),
        sha256: z.string(),
        warnings: z.array(z.string()),
      })
      .optional(),
    temporalUrl: z.string().optional().openapi({ description: "the workflow in Temporal's Web UI" }),
  })
  .openapi('JobDetail');
export type JobDetail = z.infer<typeof jobDetailSchema>;
