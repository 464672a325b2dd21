import { z } from '@hono/zod-openapi';
import { batchesSchema } from './batches.js';
import { jobKeySchema } from './common.js';
import { jobDetailSchema, jobSchema } from './jobs.js';

export const overviewSchema = z
  .object({
    server: z.enum(['up', 'away']).openapi({ description: 'whether Temporal answers' }),
    devices: z.array(z.object({ device: z.string(), label: z.string() })),
    freeBytes: z.number().optional().openapi({ description: "on the jobs' disk" }),
    temporalUrl: z.string().optional(),
  })
  .openapi('Overview');
export type Overview = z.infer<typeof overviewSchema>;

export const eventsQuerySchema = z.object({
  since: z.string().max(80).optional().openapi({ description: 'the revision of /api/jobs' }),
  job: jobKeySchema
    .optional()
    .openapi({ param: { name: 'job', in: 'query' }, description: 'send `detail` events of this job too' }),
});

/** Data of the event stream, by the event's name. */
export const eventSchemas = {
  jobs: z
    .object({ total: z.number().int(), changed: z.array(jobSchema), removed: z.array(z.string()) })
    .openapi('JobsEvent'),
  /** All of them, whenever one has changed. */
  batches: batchesSchema,
  detail: jobDetailSchema,
  overview: overviewSchema,
  /** The changes since the given revision are not known: load /api/jobs again. */
  reset: z.object({}).openapi('ResetEvent'),
} as const;
export type JobsEvent = z.infer<typeof eventSchemas.jobs>;
