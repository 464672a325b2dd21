import { createRoute, z } from '@hono/zod-openapi';
import { batchDetailSchema, batchesSchema, batchKeySchema, scheduleNameSchema } from './schemas/batches.js';
import { jobKeySchema, problemSchema, sessionSchema, signInSchema } from './schemas/common.js';
import { eventSchemas, eventsQuerySchema, overviewSchema } from './schemas/events.js';
import { jobDetailSchema, jobSchema, jobsQuerySchema, jobsSchema } from './schemas/jobs.js';
import { framesSchema, pictureParamsSchema, pictureQuerySchema } from './schemas/pictures.js';
import {
  cancelSchema,
  choicesSchema,
  estimateRequestSchema,
  estimateSchema,
  folderQuerySchema,
  folderSchema,
  publishSchema,
  submitSchema,
  submittedSchema,
} from './schemas/submit.js';

/** Every request that the server answers below /api; the page makes no other ones. */

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });
const problem = (description: string) => ({ description, content: json(problemSchema) });
const refusals = {
  400: problem('the request cannot be understood'),
  401: problem('a token is needed: a session (POST /api/session), or `Authorization: Bearer TOKEN`'),
  403: problem(
    'a request of another site, under another host name, or without the header X-Reelscale where something is changed',
  ),
};
const answers = <T extends z.ZodType>(description: string, schema: T) => ({
  200: { description, content: json(schema) },
  ...refusals,
});
const wrong = {
  409: problem('it cannot be done; the line says why'),
  429: problem('too much of this is asked for at once; Retry-After says when to try again'),
  503: problem('the Temporal server, the disk or another part does not answer now'),
};
const body = <T extends z.ZodType>(schema: T) => ({ body: { required: true, content: json(schema) } });
const params = z.object({ job: jobKeySchema });
const ofBatch = z.object({ batch: batchKeySchema });
const ofSchedule = z.object({ schedule: scheduleNameSchema });
const done = z.object({ job: jobSchema.optional() }).openapi('Done');
const picture = (description: string) => ({
  200: { description, content: { 'image/jpeg': { schema: z.string().openapi({ format: 'binary' }) } } },
  ...refusals,
  ...wrong,
});

export const routes = {
  session: createRoute({
    method: 'get',
    path: '/api/session',
    summary: 'Whether this browser has given the token',
    responses: answers('the session', sessionSchema),
  }),
  signIn: createRoute({
    method: 'post',
    path: '/api/session',
    summary: 'Give the token; the answer sets a cookie',
    request: body(signInSchema),
    responses: { ...answers('the session', sessionSchema), 429: problem('too many wrong tokens') },
  }),
  signOut: createRoute({
    method: 'delete',
    path: '/api/session',
    summary: 'Forget the session',
    responses: answers('the session', sessionSchema),
  }),
  overview: createRoute({
    method: 'get',
    path: '/api/overview',
    summary: 'The server and the devices',
    responses: answers('what there is', overviewSchema),
  }),
  jobs: createRoute({
    method: 'get',
    path: '/api/jobs',
    summary: 'All jobs, newest first',
    request: { query: jobsQuerySchema },
    responses: answers('jobs', jobsSchema),
  }),
  submit: createRoute({
    method: 'post',
    path: '/api/jobs',
    summary: 'Start a job, or go on with the one that is the same',
    request: body(submitSchema),
    responses: { ...answers('the job', submittedSchema), ...wrong },
  }),
  job: createRoute({
    method: 'get',
    path: '/api/jobs/{job}',
    summary: 'One job in full',
    request: { params },
    responses: { ...answers('the job', jobDetailSchema), 404: problem('there is no such job') },
  }),
  pause: createRoute({
    method: 'post',
    path: '/api/jobs/{job}/pause',
    summary: 'Stop after the part at hand',
    request: { params },
    responses: { ...answers('the job', done), ...wrong },
  }),
  resume: createRoute({
    method: 'post',
    path: '/api/jobs/{job}/resume',
    summary: 'Go on with a paused, interrupted, failed or cancelled job, from its parts',
    request: { params },
    responses: { ...answers('the job', done), ...wrong },
  }),
  cancel: createRoute({
    method: 'post',
    path: '/api/jobs/{job}/cancel',
    summary: 'End a job; with `discard` its parts are removed, also of one that has ended',
    request: { params, ...body(cancelSchema) },
    responses: { ...answers('the job', done), ...wrong },
  }),
  publish: createRoute({
    method: 'post',
    path: '/api/jobs/{job}/publish',
    summary: 'Deliver a result that did not pass its checks, as it is',
    request: { params, ...body(publishSchema) },
    responses: { ...answers('the job', done), ...wrong },
  }),
  frames: createRoute({
    method: 'get',
    path: '/api/jobs/{job}/frames',
    summary: 'Which frames can be looked at',
    request: { params },
    responses: { ...answers('frames', framesSchema), ...wrong },
  }),
  picture: createRoute({
    method: 'get',
    path: '/api/jobs/{job}/frames/{frame}/{side}',
    summary: 'A frame of the source, or of what is upscaled so far',
    request: { params: pictureParamsSchema, query: pictureQuerySchema },
    responses: picture('the frame'),
  }),
  poster: createRoute({
    method: 'get',
    path: '/api/jobs/{job}/poster',
    summary: 'A small picture of the source',
    request: { params },
    responses: {
      ...picture('the picture'),
      204: { description: 'there is none: the source is gone, or cannot be read' },
    },
  }),
  verified: createRoute({
    method: 'get',
    path: '/api/jobs/{job}/verified',
    summary: 'The page about the checks of the result, in a sandbox of its own',
    request: { params },
    responses: {
      200: { description: 'the page', content: { 'text/html': { schema: z.string() } } },
      ...refusals,
      404: problem('there is no such page'),
    },
  }),
  batches: createRoute({
    method: 'get',
    path: '/api/batches',
    summary: 'Batches and schedules',
    responses: answers('batches and schedules', batchesSchema),
  }),
  batch: createRoute({
    method: 'get',
    path: '/api/batches/{batch}',
    summary: 'One batch, with the videos of its latest round',
    request: { params: ofBatch },
    responses: { ...answers('the batch', batchDetailSchema), 404: problem('there is no such batch') },
  }),
  summary: createRoute({
    method: 'get',
    path: '/api/batches/{batch}/summary',
    summary: 'The page about its last round, in a sandbox of its own',
    request: { params: ofBatch },
    responses: {
      200: { description: 'the page', content: { 'text/html': { schema: z.string() } } },
      ...refusals,
      404: problem('there is no such page'),
    },
  }),
  pauseBatch: createRoute({
    method: 'post',
    path: '/api/batches/{batch}/pause',
    summary: 'Begin no further video, and pause the jobs at work',
    request: { params: ofBatch },
    responses: { ...answers('what there is', batchesSchema), ...wrong },
  }),
  resumeBatch: createRoute({
    method: 'post',
    path: '/api/batches/{batch}/resume',
    summary: 'Go on with a round, or begin one: what is done is skipped',
    request: { params: ofBatch },
    responses: { ...answers('what there is', batchesSchema), ...wrong },
  }),
  cancelBatch: createRoute({
    method: 'post',
    path: '/api/batches/{batch}/cancel',
    summary: 'End a round and its jobs at work',
    request: { params: ofBatch, ...body(cancelSchema) },
    responses: { ...answers('what there is', batchesSchema), ...wrong },
  }),
  pauseSchedule: createRoute({
    method: 'post',
    path: '/api/schedules/{schedule}/pause',
    summary: 'Let it fire no more; a round at work goes on',
    request: { params: ofSchedule },
    responses: { ...answers('what there is', batchesSchema), ...wrong },
  }),
  resumeSchedule: createRoute({
    method: 'post',
    path: '/api/schedules/{schedule}/resume',
    summary: 'Let it fire again',
    request: { params: ofSchedule },
    responses: { ...answers('what there is', batchesSchema), ...wrong },
  }),
  trigger: createRoute({
    method: 'post',
    path: '/api/schedules/{schedule}/trigger',
    summary: 'Begin a round now',
    request: { params: ofSchedule },
    responses: { ...answers('what there is', batchesSchema), ...wrong },
  }),
  deleteSchedule: createRoute({
    method: 'delete',
    path: '/api/schedules/{schedule}',
    summary: 'Remove a schedule and what its batch remembers; results and jobs stay',
    request: { params: ofSchedule },
    responses: { ...answers('what there is', batchesSchema), ...wrong },
  }),
  choices: createRoute({
    method: 'get',
    path: '/api/choices',
    summary: 'Presets, models and media folders',
    responses: answers('choices', choicesSchema),
  }),
  estimate: createRoute({
    method: 'post',
    path: '/api/estimate',
    summary: 'What a job would take; nothing is started',
    request: body(estimateRequestSchema),
    responses: { ...answers('the estimate', estimateSchema), ...wrong },
  }),
  folder: createRoute({
    method: 'get',
    path: '/api/folder',
    summary: 'Folders and videos in a media folder',
    request: { query: folderQuerySchema },
    responses: { ...answers('the folder', folderSchema), ...wrong },
  }),
  events: createRoute({
    method: 'get',
    path: '/api/events',
    summary: 'Changes as they happen',
    description:
      'Server-sent events `jobs`, `batches`, `overview`, `detail` (of `job`) and `reset`, whose data are JSON: ' +
      'JobsEvent, Batches, Overview, JobDetail, ResetEvent. The id of an event is the revision after it; ' +
      'a browser that reconnects sends it and hears what it missed, or `reset` where that is not known.',
    request: { query: eventsQuerySchema },
    responses: {
      200: {
        description: 'a stream that does not end',
        content: {
          'text/event-stream': {
            schema: z.union([
              eventSchemas.jobs,
              eventSchemas.batches,
              eventSchemas.overview,
              eventSchemas.detail,
              eventSchemas.reset,
            ]),
          },
        },
      },
      ...refusals,
      429: wrong[429],
    },
  }),
} as const;
