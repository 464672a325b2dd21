import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { packageVersion } from '../../lib/project.js';
import { admit, COOKIE, type Failures, refused, tryToken } from '../guard.js';
import { sessionSchema, signInSchema } from '../schemas/common.js';
import { Doorkeeper } from '../token.js';
import { answers, body, problem } from './responses.js';

/** Signing in and out: what the server answers without a token. */
export function sessionRoutes(app: OpenAPIHono, door: Doorkeeper, failures: Failures): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/session',
      summary: 'Whether this browser has given the token',
      responses: answers('the session', sessionSchema),
    }),
    async (c) => c.json({ version: packageVersion, signedIn: (await admit(c, door, failures)) === 'in' }, 200),
  );
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/session',
      summary: 'Give the token; the answer sets a cookie',
      request: body(signInSchema),
      responses: { ...answers('the session', sessionSchema), 429: problem('too many wrong tokens') },
    }),
    async (c) => {
      const admission = await tryToken(c, door, failures, c.req.valid('json').token);
      if (admission !== 'in') return refused(c, admission) as never;
      openSession(c, door);
      return c.json({ version: packageVersion, signedIn: true }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: 'delete',
      path: '/api/session',
      summary: 'Forget the session',
      responses: answers('the session', sessionSchema),
    }),
    (c) => {
      deleteCookie(c, COOKIE, { path: '/' });
      return c.json({ version: packageVersion, signedIn: false }, 200);
    },
  );
}

/** The token was right: this browser need not give it again. */
export const openSession = (c: Context, door: Doorkeeper): void => {
  setCookie(c, COOKIE, door.session(Date.now()), {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: Doorkeeper.sessionSeconds,
    secure: c.req.header('x-forwarded-proto') === 'https',
  });
};
