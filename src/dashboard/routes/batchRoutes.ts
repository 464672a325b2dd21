import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { BatchActions } from '../batchActions.js';
import { report } from '../headers.js';
import type { LiveState } from '../liveState.js';
import { batchDetailSchema, batchesSchema, batchKeySchema, scheduleNameSchema } from '../schemas/batches.js';
import { cancelSchema } from '../schemas/submit.js';
import { answers, body, page, problem, wrong } from './responses.js';

const ofBatch = z.object({ batch: batchKeySchema });
const ofSchedule = z.object({ schedule: scheduleNameSchema });

/** Batches and schedules. */
export function batchRoutes(app: OpenAPIHono, liveState: LiveState, actions: BatchActions): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/batches',
      summary: 'Batches and schedules',
      responses: answers('batches and schedules', batchesSchema),
    }),
    (c) => c.json(liveState.batches, 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/batches/{batch}',
      summary: 'One batch, with the videos of its latest round',
      request: { params: ofBatch },
      responses: { ...answers('the batch', batchDetailSchema), 404: problem('there is no such batch') },
    }),
    async (c) => {
      const detail = await actions.detail(c.req.valid('param').batch);
      return detail ? c.json(detail, 200) : c.json({ error: 'there is no such batch' }, 404);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/batches/{batch}/summary',
      summary: 'The page about its last round, in a sandbox of its own',
      request: { params: ofBatch },
      responses: page,
    }),
    async (c) => {
      const html = await actions.summary(c.req.valid('param').batch);
      return html === undefined ? c.json({ error: 'no round has ended yet' }, 404) : report(c, html);
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/batches/{batch}/pause',
      summary: 'Begin no further video, and pause the jobs at work',
      request: { params: ofBatch },
      responses: { ...answers('what there is', batchesSchema), ...wrong },
    }),
    async (c) => c.json(await actions.pause(c.req.valid('param').batch), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/batches/{batch}/resume',
      summary: 'Go on with a round, or begin one: what is done is skipped',
      request: { params: ofBatch },
      responses: { ...answers('what there is', batchesSchema), ...wrong },
    }),
    async (c) => c.json(await actions.resume(c.req.valid('param').batch), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/batches/{batch}/cancel',
      summary: 'End a round and its jobs at work',
      request: { params: ofBatch, ...body(cancelSchema) },
      responses: { ...answers('what there is', batchesSchema), ...wrong },
    }),
    async (c) => c.json(await actions.cancel(c.req.valid('param').batch, c.req.valid('json').discard), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/schedules/{schedule}/pause',
      summary: 'Let it fire no more; a round at work goes on',
      request: { params: ofSchedule },
      responses: { ...answers('what there is', batchesSchema), ...wrong },
    }),
    async (c) => c.json(await actions.pauseSchedule(c.req.valid('param').schedule), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/schedules/{schedule}/resume',
      summary: 'Let it fire again',
      request: { params: ofSchedule },
      responses: { ...answers('what there is', batchesSchema), ...wrong },
    }),
    async (c) => c.json(await actions.resumeSchedule(c.req.valid('param').schedule), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/schedules/{schedule}/trigger',
      summary: 'Begin a round now',
      request: { params: ofSchedule },
      responses: { ...answers('what there is', batchesSchema), ...wrong },
    }),
    async (c) => c.json(await actions.trigger(c.req.valid('param').schedule), 200),
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/schedules/{schedule}',
      summary: 'Remove a schedule and what its batch remembers; results and jobs stay',
      request: { params: ofSchedule },
      responses: { ...answers('what there is', batchesSchema), ...wrong },
    }),
    async (c) => c.json(await actions.deleteSchedule(c.req.valid('param').schedule), 200),
  );
}
