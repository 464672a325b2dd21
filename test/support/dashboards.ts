import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll } from 'vitest';
import type { Link } from '../../src/dashboard/link.js';
import { type Place, placeOf } from '../../src/dashboard/place.js';
import { type Dashboard, serveDashboard } from '../../src/dashboard/serve.js';
import { loadConfig } from '../../temporal.config.js';
import { writeManyJobs } from './manyJobs.js';
import { scratchFolder } from './media.js';

export const TOKEN = 'a-token-that-is-long-enough';
export const BEARER = { authorization: `Bearer ${TOKEN}` };
const WRITE = { 'x-reelscale': '1', 'content-type': 'application/json' };
const away: Link = {
  reach: () => Promise.reject(new Error('UNAVAILABLE')),
  keep: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export const errorOf = ({ body }: Answer): string => (JSON.parse(body) as { error: string }).error;

/**
 * Two dashboards for the tests of a file, over a state folder with a thousand jobs, media folders and no server:
 * `open`, with the token of its state folder, that every request of the tests has, and `guarded`, with a token in a
 * file, that no request has by itself.
 */
export function dashboards() {
  const folder = scratchFolder();
  const at = (name: string): string => path.join(folder, name);
  const config = loadConfig({
    REELSCALE_HOME: at('home'),
    REELSCALE_DEVICE: 'cpu',
    REELSCALE_DASHBOARD_FOLDERS: at('media'),
    REELSCALE_DASHBOARD_NAMES: 'films.example',
  });
  const served = {} as { open: Dashboard; place: Place; guarded: Dashboard };

  beforeAll(async () => {
    for (const name of ['home/jobs/jobs', 'media/shows', 'elsewhere']) mkdirSync(at(name), { recursive: true });
    writeFileSync(at('media/shows/clip.mp4'), 'x');
    writeFileSync(at('elsewhere/secret.mp4'), 'x');
    symlinkSync(at('elsewhere'), at('media/link'));
    symlinkSync(at('elsewhere/secret.mp4'), at('media/secret.mp4'));
    writeFileSync(at('token'), `${TOKEN}\n`, { mode: 0o600 });
    writeManyJobs(config.roots.jobs, 1000);
    const spec = path.join(config.roots.jobs, 'jobs', `f${'0'.repeat(31)}`, 'job.json');
    writeFileSync(
      spec,
      JSON.stringify({
        ...(JSON.parse(readFileSync(spec, 'utf8')) as object),
        input: { root: 'media', path: at('media/shows/mine.mp4').slice(1) },
      }),
    );
    served.place = await placeOf(config.home, { host: '127.0.0.1', port: 0, tokenFile: undefined });
    served.open = await serveDashboard(config, served.place, away, console.error);
    served.guarded = await serveDashboard(
      config,
      await placeOf(config.home, { host: '127.0.0.1', port: 0, tokenFile: at('token') }),
      away,
      console.error,
    );
  });

  afterAll(async () => {
    await served.open.close();
    await served.guarded.close();
  });

  /** By Node's own client: a browser's would not send another Host. */
  function ask(
    dashboard: Dashboard,
    target: string,
    { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    const { hostname, port } = new URL(dashboard.url);
    const own = dashboard === served.open ? { authorization: `Bearer ${served.place.token}` } : {};
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path: target, method, headers: { ...own, ...headers } }, (response) => {
        void text(response).then((said) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: said });
        }, reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  const post = (dashboard: Dashboard, target: string, body: string, headers: Record<string, string> = {}) =>
    ask(dashboard, target, { method: 'POST', headers: { ...WRITE, ...headers }, body });

  return { folder, at, config, served, ask, post };
}
