import { z } from '@hono/zod-openapi';
import { encodeSpecSchema } from '../../job/spec.js';
import { jobEstimateSchema } from '../estimate/jobEstimate.js';

/** What the dashboard's server and its page say to each other. The OpenAPI document is made from these, and the page takes its types from them. */

export const jobKeySchema = z.string().regex(/^[0-9a-f]{32}$/, 'must be a job: 32 hexadecimal digits').openapi({ param: { name: 'job', in: 'path' }, example: '9efcbdb3c0ffee00112233445566778a' });

export const problemSchema = z.object({
  /** One line for people. */
  error: z.string(),
}).openapi('Problem');

export const stageSchema = z.enum(['probe', 'conform', 'plan', 'upscale', 'encode', 'concat', 'merge', 'verify', 'publish', 'done', 'failed', 'cancelled']);

export const statusSchema = z.enum(['running', 'paused', 'interrupted', 'done', 'failed', 'cancelled'])
  .openapi({ description: 'interrupted: open, but no server works on it; resuming it goes on from its parts' });

export const jobSchema = z.object({
  job: z.string().openapi({ description: '32 hexadecimal digits; people use the first eight' }),
  inputName: z.string(),
  input: z.string(),
  outputName: z.string(),
  output: z.string(),
  method: z.string(),
  status: statusSchema,
  stage: stageSchema.optional(),
  percent: z.number().min(0).max(100).openapi({ description: 'of the stage that takes longest: upscale for a model, encode for a filter' }),
  frames: z.number().int().min(0).openapi({ description: '0 until they are known' }),
  doneFrames: z.number().int().min(0),
  fps: z.number().min(0),
  etaSeconds: z.number().min(0).optional(),
  devices: z.array(z.string()).openapi({ description: 'that work on it now' }),
  waiting: z.string().optional().openapi({ description: 'what holds it up, in plain words' }),
  reason: z.string().optional().openapi({ description: 'why it is paused' }),
  error: z.string().optional(),
  damaged: z.boolean().optional().openapi({ description: 'delivered from a damaged source' }),
  createdAt: z.string(),
  endedAt: z.string().optional(),
  seconds: z.number().min(0).optional().openapi({ description: 'from the start to the end of a finished job, pauses included' }),
}).openapi('Job');
export type Job = z.infer<typeof jobSchema>;

export const jobsSchema = z.object({
  revision: z.string().openapi({ description: 'where the event stream goes on: /api/events?since=' }),
  total: z.number().int(),
  jobs: z.array(jobSchema).openapi({ description: 'newest first' }),
}).openapi('Jobs');
export type Jobs = z.infer<typeof jobsSchema>;

export const jobsQuerySchema = z.object({ limit: z.coerce.number().int().min(1).max(20_000).default(2000) });

export const segmentSchema = z.object({
  frames: z.number().int(),
  state: z.enum(['waiting', 'upscaling', 'upscaled', 'encoding', 'encoded']),
  done: z.number().min(0).max(1).openapi({ description: 'share of the work at hand' }),
  device: z.string().optional(),
  fps: z.number().optional(),
  attempt: z.number().int().optional().openapi({ description: 'from 2 on' }),
});
export type Segment = z.infer<typeof segmentSchema>;

export const logEntrySchema = z.object({
  at: z.string().optional(),
  kind: z.enum(['start', 'stage', 'pause', 'resume', 'retry', 'problem', 'note', 'end']),
  text: z.string(),
});
export type LogEntry = z.infer<typeof logEntrySchema>;

/** Milliseconds since 1970, and frames a second. */
export const speedSchema = z.array(z.tuple([z.number(), z.number()]));

export const checksSchema = z.object({
  ok: z.boolean(),
  problems: z.array(z.string()),
  warnings: z.array(z.string()),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), measured: z.string(), expected: z.string() })),
  page: z.boolean().openapi({ description: 'whether /api/jobs/{job}/verified has a page about it' }),
});

export const jobDetailSchema = z.object({
  job: jobSchema,
  settings: z.array(z.tuple([z.string(), z.string()])).openapi({ description: 'what was asked for: names and values' }),
  segments: z.array(segmentSchema),
  speed: speedSchema.openapi({ description: 'in the event stream only what came since the last event' }),
  log: z.array(logEntrySchema),
  checks: checksSchema.optional(),
  result: z.object({ frames: z.number(), inferredFrames: z.number(), reusedFrames: z.number(), bytes: z.number(), sha256: z.string(), warnings: z.array(z.string()) }).optional(),
  temporalUrl: z.string().optional().openapi({ description: "the workflow in Temporal's Web UI" }),
}).openapi('JobDetail');
export type JobDetail = z.infer<typeof jobDetailSchema>;

export const overviewSchema = z.object({
  server: z.enum(['up', 'away']).openapi({ description: 'whether Temporal answers' }),
  devices: z.array(z.object({ device: z.string(), label: z.string() })),
  freeBytes: z.number().optional().openapi({ description: "on the jobs' disk" }),
  temporalUrl: z.string().optional(),
}).openapi('Overview');
export type Overview = z.infer<typeof overviewSchema>;

export const eventsQuerySchema = z.object({
  since: z.string().max(80).optional().openapi({ description: 'the revision of /api/jobs' }),
  job: jobKeySchema.optional().openapi({ param: { name: 'job', in: 'query' }, description: 'send `detail` events of this job too' }),
});

/** Data of the event stream, by the event's name. */
export const eventSchemas = {
  jobs: z.object({ total: z.number().int(), changed: z.array(jobSchema), removed: z.array(z.string()) }).openapi('JobsEvent'),
  detail: jobDetailSchema,
  overview: overviewSchema,
  /** The changes since the given revision are not known: load /api/jobs again. */
  reset: z.object({}).openapi('ResetEvent'),
} as const;
export type JobsEvent = z.infer<typeof eventSchemas.jobs>;

const settings = {
  input: z.string().min(1).max(4096).openapi({ description: 'path of the video, inside a media folder' }),
  preset: z.enum(['preview', 'fast', 'production']).optional(),
  model: z.string().max(200).regex(/^[^/\\\0]+$/, 'must be the name of a model').optional().openapi({ description: 'a name of /api/choices; files cannot be given here' }),
  scale: z.number().int().min(1).max(8).optional(),
};

export const submitSchema = z.strictObject({
  ...settings,
  output: z.string().min(1).max(4096).optional(),
  codec: encodeSpecSchema.shape.codec.optional(),
  crf: z.number().min(0).max(63).optional(),
  encoderPreset: encodeSpecSchema.shape.preset.optional(),
  deinterlace: z.enum(['off', 'auto', 'double']).optional(),
  audio: z.enum(['auto', 'copy']).optional(),
  keepMezzanine: z.boolean().optional(),
  overwrite: z.boolean().optional(),
}).openapi('Submit');
export type Submit = z.infer<typeof submitSchema>;

export const submittedSchema = z.object({ job: z.string(), output: z.string(), status: z.enum(['started', 'finished before']) }).openapi('Submitted');

export const estimateRequestSchema = z.strictObject({ ...settings, measure: z.boolean().default(false).openapi({ description: 'measure the machine on the clip: some seconds' }) }).openapi('EstimateRequest');

export const estimateSchema = jobEstimateSchema.extend({ fps: z.number().openapi({ description: 'of the source' }), freeBytes: z.number().optional() }).openapi('Estimate');
export type Estimate = z.infer<typeof estimateSchema>;

export const cancelSchema = z.strictObject({ discard: z.boolean().default(false).openapi({ description: 'remove its parts too' }) }).openapi('Cancel');

export const choicesSchema = z.object({
  presets: z.array(z.object({ name: z.string(), model: z.string(), ready: z.boolean() })),
  models: z.array(z.object({ name: z.string(), scales: z.array(z.number()), ready: z.boolean(), about: z.string().optional() })),
  folders: z.array(z.string()).openapi({ description: 'the media folders' }),
}).openapi('Choices');
export type Choices = z.infer<typeof choicesSchema>;

export const folderQuerySchema = z.object({ path: z.string().min(1).max(4096) });
export const folderSchema = z.object({
  path: z.string(),
  parent: z.string().optional(),
  folders: z.array(z.string()).openapi({ description: 'names' }),
  videos: z.array(z.object({ name: z.string(), bytes: z.number() })),
  more: z.boolean().openapi({ description: 'there is more than is shown' }),
}).openapi('Folder');
export type Folder = z.infer<typeof folderSchema>;

export const framesSchema = z.object({
  frames: z.number().int(),
  fps: z.number(),
  aspect: z.number().openapi({ description: 'width to height as shown' }),
  width: z.number().int(),
  height: z.number().int(),
  scale: z.number(),
  ready: z.array(z.tuple([z.number().int(), z.number().int()])).openapi({ description: 'half-open ranges of frames that there is a result of' }),
}).openapi('Frames');
export type Frames = z.infer<typeof framesSchema>;

export const pictureQuerySchema = z.object({ width: z.coerce.number().int().min(16).max(8192).default(1600).openapi({ description: 'most pixels across' }) });
export const pictureParamsSchema = z.object({
  job: jobKeySchema,
  side: z.enum(['source', 'result']).openapi({ param: { name: 'side', in: 'path' } }),
  frame: z.coerce.number().int().min(0).openapi({ param: { name: 'frame', in: 'path' } }),
});

export const sessionSchema = z.object({ version: z.string(), tokenNeeded: z.boolean(), signedIn: z.boolean() }).openapi('Session');
export const signInSchema = z.strictObject({ token: z.string().min(1).max(1000) }).openapi('SignIn');
