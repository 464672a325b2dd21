import type { Context, MiddlewareHandler, TypedResponse } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** Own files only: no script, style or picture from elsewhere, nothing inline, nothing in a frame. */
const strict = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'blob:'],
    connectSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
    requireTrustedTypesFor: ["'script'"],
  },
  crossOriginResourcePolicy: 'same-origin',
  crossOriginOpenerPolicy: 'same-origin',
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
  permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  // A report in its sandbox has another origin than the page, which browsers would complain about.
  originAgentCluster: false,
  // Plain HTTP on a machine's own address must stay reachable.
  strictTransportSecurity: false,
});

/** The strict ones, but for a page that brings a policy of its own. */
export const pageHeaders: MiddlewareHandler = async (c, next) => {
  const own: { policy?: string | null } = {};
  await strict(c, async () => {
    await next();
    own.policy = c.res.headers.get('Content-Security-Policy');
  });
  if (own.policy) c.res.headers.set('Content-Security-Policy', own.policy);
};

/**
 * Of a page that was made from a video's data: pictures and style that are in it, no script, no form, an origin of its
 * own.
 */
const REPORT_POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Such a page. */
export function report(c: Context, html: string): Response & TypedResponse<string, 200, 'text'> {
  return c.html(html, 200, { 'Content-Security-Policy': REPORT_POLICY }) as never;
}
