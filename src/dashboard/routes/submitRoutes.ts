import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Actions } from '../actions.js';
import {
  choicesSchema,
  estimateRequestSchema,
  estimateSchema,
  folderQuerySchema,
  folderSchema,
  submitSchema,
  submittedSchema,
} from '../schemas/submit.js';
import { answers, body, wrong } from './responses.js';

/** What a new job is made from. */
export function submitRoutes(app: OpenAPIHono, actions: Actions): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/choices',
      summary: 'Presets, models and media folders',
      responses: answers('choices', choicesSchema),
    }),
    async (c) => c.json(await actions.choices(), 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/folder',
      summary: 'Folders and videos in a media folder',
      request: { query: folderQuerySchema },
      responses: { ...answers('the folder', folderSchema), ...wrong },
    }),
    async (c) => c.json(await actions.folders.look(c.req.valid('query').path), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/estimate',
      summary: 'What a job would take; nothing is started',
      request: body(estimateRequestSchema),
      responses: { ...answers('the estimate', estimateSchema), ...wrong },
    }),
    async (c) => c.json(await actions.estimate(c.req.valid('json'), c.req.raw.signal), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/jobs',
      summary: 'Start a job, or go on with the one that is the same',
      request: body(submitSchema),
      responses: { ...answers('the job', submittedSchema), ...wrong },
    }),
    async (c) => c.json(await actions.submit(c.req.valid('json'), c.req.raw.signal), 200),
  );
}
