import { z } from '@hono/zod-openapi';
import { videoStatusSchema } from '../../job/batch/records.js';

/** Batches, and the schedules that run them. */

const count = z.number().int().min(0);

export const batchKeySchema = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be a batch: 32 hexadecimal digits')
  .openapi({ param: { name: 'batch', in: 'path' }, example: '21658962c0ffee00112233445566778a' });
export const scheduleNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][\w-]{0,62}$/, 'must be the name of a schedule')
  .openapi({ param: { name: 'schedule', in: 'path' } });

const workingSchema = z.object({
  index: count.openapi({ description: 'in the list of its round' }),
  job: z.string(),
  input: z.string().openapi({ description: 'name of the video' }),
  percent: z.number().min(0).max(100),
  fps: z.number().min(0),
});

const batchSchema = z
  .object({
    batch: z.string().openapi({ description: '32 hexadecimal digits; people use the first eight' }),
    name: z.string().openapi({ description: 'what was named: files, or a folder' }),
    schedule: z.string().optional(),
    outDir: z.string(),
    how: z.string().openapi({ description: 'preset or model, and scale' }),
    status: z.enum(['new', 'running', 'paused', 'interrupted', 'done', 'unfinished', 'cancelled']).openapi({
      description:
        'of the latest round. interrupted: no server works on it; ' +
        'unfinished: its time window ended first; new: none was begun',
    }),
    stage: z.enum(['looking', 'working', 'closing', 'done']).optional(),
    reason: z.string().optional().openapi({ description: 'why it is paused' }),
    percent: z.number().min(0).max(100).openapi({ description: 'of the bytes of its videos' }),
    files: count.openapi({ description: 'videos of the round, with those that were finished before' }),
    done: count,
    skipped: count.openapi({ description: 'finished before' }),
    failed: count,
    cancelled: count,
    waiting: count.openapi({ description: 'still being written when the round began' }),
    frames: count.openapi({ description: 'that are done in this round' }),
    fps: z.number().min(0),
    etaSeconds: z.number().min(0).optional(),
    working: z.array(workingSchema).openapi({ description: 'jobs at work' }),
    failures: z.array(z.string()).openapi({ description: 'the last ones of a round at work, in plain words' }),
    createdAt: z.string(),
    endedAt: z.string().optional(),
    page: z.boolean().openapi({ description: 'whether /api/batches/{batch}/summary has a page about its last round' }),
  })
  .openapi('Batch');
export type Batch = z.infer<typeof batchSchema>;

const scheduleSchema = z
  .object({
    name: z.string(),
    batch: z.string(),
    watch: z.string().openapi({ description: 'the folder' }),
    outDir: z.string(),
    when: z.string().openapi({ description: 'cron expression, or `every 30m`' }),
    timezone: z.string(),
    until: z.string().optional(),
    paused: z.boolean(),
    note: z.string().optional().openapi({ description: 'why it is paused' }),
    next: z.array(z.string()).openapi({ description: 'the next times it fires; none while it is paused' }),
    last: z.string().optional().openapi({ description: 'when it last began a round' }),
    running: z.boolean(),
    skippedOverlaps: count,
  })
  .openapi('Schedule');
export type Schedule = z.infer<typeof scheduleSchema>;

export const batchesSchema = z
  .object({
    batches: z.array(batchSchema).openapi({ description: 'newest first; those at work, and the newest ones' }),
    schedules: z.array(scheduleSchema).openapi({ description: 'as the server said last' }),
  })
  .openapi('Batches');
export type Batches = z.infer<typeof batchesSchema>;

export const batchDetailSchema = z
  .object({
    batch: batchSchema,
    videos: z
      .array(
        z.object({
          input: z.string(),
          status: z.enum([...videoStatusSchema.options, 'running', 'waiting']),
          job: z.string().optional().openapi({ description: '32 hexadecimal digits, where the job is still there' }),
          frames: count.optional(),
          bytes: z.number().min(0).optional().openapi({ description: 'of the result' }),
          error: z.string().optional(),
          accepted: z.array(z.string()).optional().openapi({
            description:
              'what is wrong with a result that did not pass its checks and was delivered because a person wanted it',
          }),
        }),
      )
      .openapi({ description: 'of the latest round; what failed first' }),
    more: count.openapi({ description: 'videos that are not shown' }),
  })
  .openapi('BatchDetail');
export type BatchDetail = z.infer<typeof batchDetailSchema>;
