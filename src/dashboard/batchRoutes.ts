import type { OpenAPIHono } from '@hono/zod-openapi';
import type { BatchActions } from './batchActions.js';
import { report } from './headers.js';
import type { LiveState } from './liveState.js';
import { routes } from './routes.js';

/** What the server answers about batches and schedules. */
export function batchRoutes(app: OpenAPIHono, liveState: LiveState, actions: BatchActions): void {
  app.openapi(routes.batches, (c) => c.json(liveState.batches, 200));
  app.openapi(routes.batch, async (c) => {
    const detail = await actions.detail(c.req.valid('param').batch);
    return detail ? c.json(detail, 200) : c.json({ error: 'there is no such batch' }, 404);
  });
  app.openapi(routes.summary, async (c) => {
    const page = await actions.summary(c.req.valid('param').batch);
    return page === undefined ? c.json({ error: 'no round has ended yet' }, 404) : report(c, page);
  });
  app.openapi(routes.pauseBatch, async (c) => c.json(await actions.pause(c.req.valid('param').batch), 200));
  app.openapi(routes.resumeBatch, async (c) => c.json(await actions.resume(c.req.valid('param').batch), 200));
  app.openapi(routes.cancelBatch, async (c) =>
    c.json(await actions.cancel(c.req.valid('param').batch, c.req.valid('json').discard), 200),
  );
  app.openapi(routes.pauseSchedule, async (c) =>
    c.json(await actions.pauseSchedule(c.req.valid('param').schedule), 200),
  );
  app.openapi(routes.resumeSchedule, async (c) =>
    c.json(await actions.resumeSchedule(c.req.valid('param').schedule), 200),
  );
  app.openapi(routes.trigger, async (c) => c.json(await actions.trigger(c.req.valid('param').schedule), 200));
  app.openapi(routes.deleteSchedule, async (c) =>
    c.json(await actions.deleteSchedule(c.req.valid('param').schedule), 200),
  );
}
