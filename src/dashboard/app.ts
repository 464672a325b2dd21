import { readFile } from 'node:fs/promises';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { deleteCookie, setCookie } from 'hono/cookie';
import { HTTPException } from 'hono/http-exception';
import type { Config } from '../../temporal.config.js';
import { jobLayout } from '../job/layout.js';
import { DiskFull, UserError, WorldError } from '../lib/errors.js';
import { packageVersion } from '../lib/project.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import type { Actions } from './actions.js';
import type { Asset } from './assets.js';
import type { BatchActions } from './batchActions.js';
import { batchRoutes } from './batchRoutes.js';
import type { Details } from './detail.js';
import { sendEvents } from './events.js';
import {
  admit,
  COOKIE,
  checkHost,
  checkOrigin,
  Failures,
  type Names,
  refused,
  requireToken,
  tryToken,
} from './guard.js';
import { pageHeaders, report } from './headers.js';
import { TooMany, Turnstile } from './limits.js';
import type { LiveState } from './liveState.js';
import type { Pictures } from './pictures.js';
import { routes } from './routes.js';
import { Doorkeeper } from './token.js';

const LONGEST_BODY = 64 * 1024;
/** Pages that hear of changes at the same time. */
const STREAMS = 64;
/** Pictures of committed frames do not change. */
const PICTURE_CACHE = 'private, max-age=600';

export interface AppParts {
  config: Config;
  assets: Map<string, Asset>;
  liveState: LiveState;
  details: Details;
  pictures: Pictures;
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
  const streams = new Turnstile(
    { atOnce: STREAMS, waiting: 0 },
    'too many pages are open: close some, or try again later',
  );
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

  const openSession = (c: Context): void => {
    setCookie(c, COOKIE, door.session(Date.now()), {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: Doorkeeper.sessionSeconds,
      secure: c.req.header('x-forwarded-proto') === 'https',
    });
  };
  const session = async (c: Context) => ({
    version: packageVersion,
    signedIn: (await admit(c, door, failures)) === 'in',
  });
  app.openapi(routes.session, async (c) => c.json(await session(c), 200));
  app.openapi(routes.signIn, async (c) => {
    const admission = await tryToken(c, door, failures, c.req.valid('json').token);
    if (admission !== 'in') return refused(c, admission) as never;
    openSession(c);
    return c.json({ version: packageVersion, signedIn: true }, 200);
  });
  app.openapi(routes.signOut, (c) => {
    deleteCookie(c, COOKIE, { path: '/' });
    return c.json({ version: packageVersion, signedIn: false }, 200);
  });
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
  app.openapi(routes.overview, (c) => c.json(liveState.overview, 200));
  app.openapi(routes.jobs, (c) => c.json(liveState.revisions.list(c.req.valid('query').limit), 200));
  app.openapi(
    routes.events,
    (c) =>
      sendEvents(c, liveState, details, streams.enter(), {
        since: undefined,
        job: undefined,
        ...c.req.valid('query'),
      }) as never,
  );
  app.openapi(routes.job, async (c) => {
    const { job } = c.req.valid('param');
    const shared = await details.of(job);
    return shared
      ? c.json({ ...shared.detail, speed: liveState.speed(job) }, 200)
      : c.json({ error: 'there is no such job' }, 404);
  });
  app.openapi(routes.frames, async (c) => c.json(await pictures.frames(c.req.valid('param').job), 200));
  app.openapi(routes.picture, async (c) => {
    const { job, side, frame } = c.req.valid('param');
    return jpeg(c, await pictures.picture(job, side, frame, c.req.valid('query').width, c.req.raw.signal));
  });
  app.openapi(routes.poster, async (c) => {
    const poster = await pictures.poster(c.req.valid('param').job, c.req.raw.signal);
    return poster ? jpeg(c, poster) : c.body(null, 204);
  });
  app.openapi(routes.verified, async (c) => {
    const stored = liveState.stored(c.req.valid('param').job);
    const page = stored && (await readFile(jobLayout(config.roots, stored.spec).verifiedPage).catch(ignoreMissing));
    if (!page) return c.json({ error: 'the result was not checked yet' }, 404);
    return report(c, page.toString('utf8'));
  });
  batchRoutes(app, liveState, batchActions);
  app.openapi(routes.choices, async (c) => c.json(await actions.choices(), 200));
  app.openapi(routes.folder, async (c) => c.json(await actions.folders.look(c.req.valid('query').path), 200));
  app.openapi(routes.estimate, async (c) =>
    c.json(await actions.estimate(c.req.valid('json'), c.req.raw.signal), 200),
  );
  app.openapi(routes.submit, async (c) => c.json(await actions.submit(c.req.valid('json'), c.req.raw.signal), 200));
  app.openapi(routes.pause, async (c) => c.json(await actions.pause(c.req.valid('param').job), 200));
  app.openapi(routes.resume, async (c) => c.json(await actions.resume(c.req.valid('param').job), 200));
  app.openapi(routes.cancel, async (c) =>
    c.json(await actions.cancel(c.req.valid('param').job, c.req.valid('json').discard), 200),
  );

  app.openapi(routes.publish, async (c) =>
    c.json(await actions.publish(c.req.valid('param').job, c.req.valid('json').overwrite), 200),
  );

  for (const [name, asset] of assets) app.get(`/${name}`, (c) => file(c, asset));
  const page = assets.get('index.html');
  for (const address of ['/', '/new', '/jobs/:job', '/batches', '/batches/:batch'])
    app.get(address, async (c) => {
      // The link that is printed: its token becomes a cookie, and leaves the address.
      const given = c.req.query('token');
      if (given !== undefined) {
        if ((await tryToken(c, door, failures, given)) === 'in') openSession(c);
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

const jpeg = (c: Context, bytes: Uint8Array<ArrayBuffer>): Response =>
  c.body(bytes, 200, { 'Content-Type': 'image/jpeg', 'Cache-Control': PICTURE_CACHE });

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
