import net from 'node:net';
import os from 'node:os';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { isLoopback } from './place.js';
import type { Doorkeeper } from './token.js';

export const COOKIE = 'reelscale_session';
/** Browsers let no other site's page set it without asking, and this server never allows it. */
const WRITE_HEADER = 'X-Reelscale';

/**
 * Wrong tokens of one address within a minute, and of all addresses together; further ones are answered with a wait.
 */
const FAILURES = { one: 10, all: 100, seconds: 60 };

const refuse = (c: Context, status: 400 | 401 | 403 | 429, error: string): Response => c.json({ error }, status);

/** The names by which a server on this address may be called. Undefined: any address that is no name. */
export interface Names {
  loopback: boolean;
  allowed: readonly string[];
}

/**
 * A page of another site can be made to reach this server under that site's own name (DNS rebinding): only names that
 * are this server's are answered. Elsewhere than on the loopback, numbers are too, since nobody can rebind those.
 */
export function checkHost({ loopback, allowed }: Names): MiddlewareHandler {
  const names = new Set(
    ['localhost', ...(loopback ? [] : [os.hostname()]), ...allowed].map((name) => name.toLowerCase()),
  );
  return async (c, next) => {
    const name = hostName(c.req.header('host'));
    const known =
      name !== undefined &&
      (names.has(name) || isLoopback(name) || (!loopback && net.isIP(name) !== 0 && !/^(0\.0\.0\.0|::)$/.test(name)));
    if (!known)
      return refuse(
        c,
        403,
        'this host name is not the dashboard’s: call it by its address, or name it in REELSCALE_DASHBOARD_NAMES',
      );
    await next();
    return undefined;
  };
}

function hostName(host: string | undefined): string | undefined {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host)) return undefined;
  try {
    return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  } catch {
    return undefined;
  }
}

/** Other sites get nothing, and what changes something needs a header that their forms cannot send. */
export const checkOrigin: MiddlewareHandler = async (c, next) => {
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  if (origin !== undefined && !isOwn(origin, c.req.header('host')))
    return refuse(c, 403, 'requests of other sites are not answered');
  const navigates = c.req.header('sec-fetch-mode') === 'navigate' && c.req.method === 'GET';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigates)
    return refuse(c, 403, 'requests of other sites are not answered');
  const writes = !['GET', 'HEAD'].includes(c.req.method);
  if (writes && c.req.header(WRITE_HEADER) === undefined)
    return refuse(c, 403, `the header ${WRITE_HEADER} is missing`);
  if (writes && hasBody(c) && !/^application\/json(;|$)/.test(c.req.header('content-type') ?? ''))
    return refuse(c, 400, 'the body must be JSON, with its content-type');
  await next();
  return undefined;
};

/** The request's stream is there also where nothing is in it, as of a browser's POST without a body. */
const hasBody = (c: Context): boolean =>
  c.req.header('transfer-encoding') !== undefined || Number(c.req.header('content-length') ?? 0) > 0;

function isOwn(origin: string, host: string | undefined): boolean {
  try {
    return new URL(origin).host === new URL(`http://${host ?? ''}`).host || new URL(origin).host === host;
  } catch {
    return false;
  }
}

/** Counts wrong tokens, by the address that they came from and altogether. */
export class Failures {
  readonly #one = new RateLimiterMemory({ points: FAILURES.one, duration: FAILURES.seconds });
  readonly #all = new RateLimiterMemory({ points: FAILURES.all, duration: FAILURES.seconds });

  /** @returns seconds to wait, 0 while there were few. */
  async wait(address: string): Promise<number> {
    const [one, all] = await Promise.all([this.#one.get(address), this.#all.get('all')]);
    const left = (limit: RateLimiterRes | null): number =>
      limit && limit.remainingPoints <= 0 ? Math.ceil(limit.msBeforeNext / 1000) : 0;
    return Math.max(left(one), left(all));
  }

  async count(address: string): Promise<void> {
    await Promise.all([this.#one.penalty(address), this.#all.penalty('all')]);
  }
}

const addressOf = (c: Context): string => getConnInfo(c).remote.address ?? 'unknown';

export type Admission = 'in' | 'out' | { wait: number };

/**
 * Whether a request comes from somebody who was let in. A wrong token counts; a missing or an outdated session does
 * not.
 */
export async function admit(c: Context, door: Doorkeeper, failures: Failures): Promise<Admission> {
  const cookie = getCookie(c, COOKIE);
  if (cookie !== undefined && door.hasSession(cookie, Date.now())) return 'in';
  const bearer = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1];
  return bearer === undefined ? 'out' : tryToken(c, door, failures, bearer);
}

/**
 * The right token is taken whatever others have tried, who may share its address: no number of wrong ones tells
 * anything about it.
 */
export async function tryToken(c: Context, door: Doorkeeper, failures: Failures, token: string): Promise<Admission> {
  if (door.hasToken(token)) return 'in';
  const address = addressOf(c);
  const wait = await failures.wait(address);
  if (wait > 0) return { wait };
  await failures.count(address);
  return 'out';
}

/** Nothing of the interface is answered before the token. */
export function requireToken(door: Doorkeeper, failures: Failures): MiddlewareHandler {
  return async (c, next) => {
    const admission = await admit(c, door, failures);
    if (admission === 'in') {
      await next();
      return undefined;
    }
    return refused(c, admission);
  };
}

export function refused(c: Context, admission: Exclude<Admission, 'in'>): Response {
  if (admission === 'out') return refuse(c, 401, 'a token is needed');
  c.header('Retry-After', String(admission.wait));
  return refuse(c, 429, `too many wrong tokens: wait ${admission.wait} s`);
}
