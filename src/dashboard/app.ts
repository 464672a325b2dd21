import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { HTTPException } from 'hono/http-exception';
import type { Config } from '../../temporal.config.js';
import { DiskFull, UserError, WorldError } from '../lib/errors.js';
import { packageVersion } from '../lib/project.js';
import type { Actions } from './actions.js';
import type { Asset } from './assets.js';
import type { BatchActions } from './batchActions.js';
import type { Details } from './detail.js';
import { checkHost, checkOrigin, Failures, type Names, requireToken, tryToken } from './guard.js';
import { pageHeaders } from './headers.js';
import { TooMany } from './limits.js';
import type { LiveState } from './liveState.js';
import type { PictureCache } from './pictureCache.js';
import { batchRoutes } from './routes/batchRoutes.js';
import { jobRoutes } from './routes/jobRoutes.js';
import { liveRoutes } from './routes/liveRoutes.js';
import { pictureRoutes } from './routes/pictureRoutes.js';
import { openSession, sessionRoutes } from './routes/sessionRoutes.js';
import { submitRoutes } from './routes/submitRoutes.js';
import { Doorkeeper } from './token.js';

const LONGEST_BODY = 64 * 1024;

export interface AppParts {
  config: Config;
  assets: Map<string, Asset>;
  liveState: LiveState;
  details: Details;
  pictures: PictureCache;
  actions: Actions;
  batchActions: BatchActions;
  names: Names;
  token: string;
  /** Takes what is a bug. */
  log: (line: string) => void;
}

/** The whole server, as one function from request to response. */
export function createApp({
  config,
  assets,
  liveState,
  details,
  pictures,
  actions,
  batchActions,
  names,
  token,
  log,
}: AppParts): OpenAPIHono {
  const door = new Doorkeeper(token);
  const failures = new Failures();
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (result.success) return undefined;
      const issue = result.error.issues[0];
      return c.json({ error: `${issue?.path.join('.') ?? 'request'}: ${issue?.message ?? 'cannot be used'}` }, 400);
    },
  });
  app.onError((error, c) => explain(c, error, log));
  app.notFound((c) => c.json({ error: 'there is nothing here' }, 404));
  app.use(
    pageHeaders,
    checkHost(names),
    checkOrigin,
    bodyLimit({ maxSize: LONGEST_BODY, onError: (c) => c.json({ error: 'the request is too long' }, 413) }),
  );
  app.use('/api/jobs', compress());
  app.use('/api/*', async (c, next) => {
    c.header('Cache-Control', 'no-store');
    await next();
  });

  sessionRoutes(app, door, failures);
  // The page itself holds no secret; what it shows does.
  app.use('/api/*', requireToken(door, failures));

  app.doc31('/api/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Reelscale dashboard',
      version: packageVersion,
      description:
        'What the dashboard’s page uses. Requests that change something need the header X-Reelscale, with any value.',
    },
  });
  liveRoutes(app, liveState, details);
  jobRoutes(app, { roots: config.roots, liveState, details, actions });
  pictureRoutes(app, pictures);
  batchRoutes(app, liveState, batchActions);
  submitRoutes(app, actions);

  for (const [name, asset] of assets) app.get(`/${name}`, (c) => file(c, asset));
  const page = assets.get('index.html');
  for (const address of ['/', '/new', '/jobs/:job', '/batches', '/batches/:batch'])
    app.get(address, async (c) => {
      // The link that is printed: its token becomes a cookie, and leaves the address.
      const given = c.req.query('token');
      if (given !== undefined) {
        if ((await tryToken(c, door, failures, given)) === 'in') openSession(c, door);
        c.header('Cache-Control', 'no-store');
        return c.redirect(c.req.path, 303);
      }
      return page ? file(c, page) : c.notFound();
    });
  return app;
}

function file(c: Context, { type, bytes }: Asset): Response {
  return c.body(bytes, 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' });
}

function explain(c: Context, error: unknown, log: (line: string) => void): Response {
  if (error instanceof HTTPException)
    return c.json({ error: error.status === 400 ? 'the body is not JSON' : error.message }, error.status);
  if (error instanceof TooMany) {
    c.header('Retry-After', '2');
    return c.json({ error: error.message }, 429);
  }
  if (error instanceof UserError || error instanceof RangeError) return c.json({ error: error.message }, 409);
  if (error instanceof WorldError || error instanceof DiskFull || isAway(error))
    return c.json({ error: (error as Error).message }, 503);
  if (c.req.raw.signal.aborted) return c.json({ error: 'the request was given up' }, 503);
  log(`the dashboard met a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return c.json({ error: 'a bug in Reelscale: see the log of the dashboard' }, 500);
}

/** The server does not answer: gRPC says UNAVAILABLE or DEADLINE_EXCEEDED. */
const isAway = (error: unknown): boolean =>
  error instanceof Error &&
  /UNAVAILABLE|DEADLINE_EXCEEDED|Failed to connect|ECONNREFUSED/.test(`${error.message} ${String(error.cause)}`);
