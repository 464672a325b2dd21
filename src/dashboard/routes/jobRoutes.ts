import { readFile } from 'node:fs/promises';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { jobLayout, type Roots } from '../../job/layout.js';
import { ignoreMissing } from '../../lib/systemErrors.js';
import type { Actions } from '../actions.js';
import type { Details } from '../detail.js';
import { report } from '../headers.js';
import type { LiveState } from '../liveState.js';
import { jobKeySchema } from '../schemas/common.js';
import { jobDetailSchema, jobSchema, jobsQuerySchema, jobsSchema } from '../schemas/jobs.js';
import { cancelSchema, publishSchema } from '../schemas/submit.js';
import { answers, body, page, problem, wrong } from './responses.js';

const params = z.object({ job: jobKeySchema });
const done = z.object({ job: jobSchema.optional() }).openapi('Done');

/** Jobs that there are. */
export function jobRoutes(
  app: OpenAPIHono,
  { roots, liveState, details, actions }: { roots: Roots; liveState: LiveState; details: Details; actions: Actions },
): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs',
      summary: 'All jobs, newest first',
      request: { query: jobsQuerySchema },
      responses: answers('jobs', jobsSchema),
    }),
    (c) => c.json(liveState.revisions.list(c.req.valid('query').limit), 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs/{job}',
      summary: 'One job in full',
      request: { params },
      responses: { ...answers('the job', jobDetailSchema), 404: problem('there is no such job') },
    }),
    async (c) => {
      const { job } = c.req.valid('param');
      const shared = await details.of(job);
      return shared
        ? c.json({ ...shared.detail, speed: liveState.speed(job) }, 200)
        : c.json({ error: 'there is no such job' }, 404);
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs/{job}/verified',
      summary: 'The page about the checks of the result, in a sandbox of its own',
      request: { params },
      responses: page,
    }),
    async (c) => {
      const stored = liveState.stored(c.req.valid('param').job);
      const html = stored && (await readFile(jobLayout(roots, stored.spec).verifiedPage).catch(ignoreMissing));
      if (!html) return c.json({ error: 'the result was not checked yet' }, 404);
      return report(c, html.toString('utf8'));
    },
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/jobs/{job}/pause',
      summary: 'Stop after the part at hand',
      request: { params },
      responses: { ...answers('the job', done), ...wrong },
    }),
    async (c) => c.json(await actions.pause(c.req.valid('param').job), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/jobs/{job}/resume',
      summary: 'Go on with a paused, interrupted, failed or cancelled job, from its parts',
      request: { params },
      responses: { ...answers('the job', done), ...wrong },
    }),
    async (c) => c.json(await actions.resume(c.req.valid('param').job), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/jobs/{job}/cancel',
      summary: 'End a job; with `discard` its parts are removed, also of one that has ended',
      request: { params, ...body(cancelSchema) },
      responses: { ...answers('the job', done), ...wrong },
    }),
    async (c) => c.json(await actions.cancel(c.req.valid('param').job, c.req.valid('json').discard), 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/jobs/{job}/publish',
      summary: 'Deliver a result that did not pass its checks, as it is',
      request: { params, ...body(publishSchema) },
      responses: { ...answers('the job', done), ...wrong },
    }),
    async (c) => c.json(await actions.publish(c.req.valid('param').job, c.req.valid('json').overwrite), 200),
  );
}
