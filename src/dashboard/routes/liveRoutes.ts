import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Details } from '../detail.js';
import { sendEvents } from '../eventStream.js';
import { Turnstile } from '../limits.js';
import type { LiveState } from '../liveState.js';
import { eventSchemas, eventsQuerySchema, overviewSchema } from '../schemas/events.js';
import { answers, eventStream } from './responses.js';

/** Pages that hear of changes at the same time. */
const STREAMS = 64;

/** What goes on now. */
export function liveRoutes(app: OpenAPIHono, liveState: LiveState, details: Details): void {
  const streams = new Turnstile(
    { atOnce: STREAMS, waiting: 0 },
    'too many pages are open: close some, or try again later',
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/overview',
      summary: 'The server and the devices',
      responses: answers('what there is', overviewSchema),
    }),
    (c) => c.json(liveState.overview, 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/events',
      summary: 'Changes as they happen',
      description:
        'Server-sent events `jobs`, `batches`, `overview`, `detail` (of `job`) and `reset`, whose data are JSON: ' +
        'JobsEvent, Batches, Overview, JobDetail, ResetEvent. The id of an event is the revision after it; ' +
        'a browser that reconnects sends it and hears what it missed, or `reset` where that is not known.',
      request: { query: eventsQuerySchema },
      responses: eventStream(
        z.union([
          eventSchemas.jobs,
          eventSchemas.batches,
          eventSchemas.overview,
          eventSchemas.detail,
          eventSchemas.reset,
        ]),
      ),
    }),
    (c) =>
      sendEvents(c, liveState, details, streams.enter(), {
        since: undefined,
        job: undefined,
        ...c.req.valid('query'),
      }) as never,
  );
}
